import {checkImages} from '../../core/index.ts';
import {isTerminal, printControl, printLine} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS]',
	description: 'Look whether all images are as they were brought: exit code 0 when they are, or were healed, 1 when not',
	args: [0, 0],
	flags: [
		{name: 'deep', kind: 'bool', help: 'Read every byte: any changed, missing or extra file is found'},
		{name: 'quiet', short: 'q', kind: 'bool', help: 'Only say what is wrong'},
		{name: 'repair', kind: 'bool', help: 'Unpack damaged layers again, and bring damaged bytes again from their registry'},
	],
	async run({flags, engine}) {
		const [quiet, shows] = [flags.bool('quiet'), isTerminal(2)];
		const {images, layers, problems} = await checkImages(engine(), {
			deep: flags.bool('deep'),
			repair: flags.bool('repair'),
			onLayer: (image, layer) => !quiet && shows && printControl(`\r\u001b[K${image.replaceAll(/[^ -~]/g, '?')}: layer ${layer}`, 2),
			onProblem: ({image, path, what, healed}) => printLine(`${shows && !quiet ? '\r\u001b[K' : ''}${image}: ${path} ${what}${healed ? ' (healed)' : ''}`),
		});
		if (!quiet && shows) printControl('\r\u001b[K', 2);
		const open = problems.filter(({healed}) => !healed).length;
		if (!quiet)
			printLine(`${images} images and ${layers} layers checked: ${problems.length === 0 ? 'all is well' : `${problems.length} problems, ${problems.length - open} healed`}`);
		return open === 0 ? 0 : 1;
	},
};
