import {isEngineError, removeImage} from '../../core/index.ts';
import {printLine} from '../cli/output.ts';
import {reportFailure} from '../cli/targets.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] IMAGE [IMAGE...]',
	description: 'Remove images',
	args: [1, Infinity],
	flags: [
		{name: 'force', short: 'f', kind: 'bool', help: 'Remove it though stopped containers or several names use it'},
		{name: 'no-prune', kind: 'bool', help: 'Keep parents that have no name'},
		{name: 'platform', kind: 'strings', help: 'Remove only if the image is for one of these platforms, e.g. linux/amd64,linux/arm64/v8'},
	],
	async run({flags, args, engine}) {
		let failed = 0;
		for (const name of args) {
			try {
				for (const {Untagged, Deleted} of await removeImage(engine(), name, {force: flags.bool('force'), noPrune: flags.bool('no-prune'), platforms: flags.list('platform')})) {
					if (Untagged !== undefined) printLine(`Untagged: ${Untagged}`);
					if (Deleted !== undefined) printLine(`Deleted: ${Deleted}`);
				}
			} catch (error) {
				// Who forces does not mind that it is gone already.
				if (!flags.bool('force') || !isEngineError(error, 'image.not-found')) failed++;
				reportFailure(error);
			}
		}
		return failed === 0 ? 0 : 1;
	},
};
