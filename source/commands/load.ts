import {loadImages, type PullProgress} from '../../core/index.ts';
import {UsageError} from '../cli/flags.ts';
import {isTerminal} from '../cli/output.ts';
import {openProgress} from '../cli/progress.ts';
import type {ProgressView} from '../cli/progress-lines.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS]',
	description: 'Load images from a tar archive: docker save or an OCI layout, plain or compressed',
	args: [0, 0],
	flags: [
		{name: 'input', short: 'i', kind: 'string', help: 'Read this file instead of STDIN'},
		{name: 'platform', kind: 'strings', help: 'Load only images for these platforms, e.g. linux/amd64,linux/arm64/v8'},
		{name: 'quiet', short: 'q', kind: 'bool', help: "Don't show the progress"},
	],
	async run({flags, engine}) {
		const path = flags.text('input');
		if (path === '' && isTerminal(0)) throw new UsageError('requested load from stdin, but stdin is empty', {exitCode: 1, usage: false});
		const view = await openProgress(1);
		const shows = isTerminal(1) && !flags.bool('quiet');
		try {
			const loaded = await loadImages(engine(), path === '' ? {stdin: true} : {path}, {
				platforms: flags.list('platform'),
				...(shows && {onProgress: progress => showLoad(view, progress)}),
				onRenamed: (name, before) => view.say(`The image ${name} already exists, renaming the old one with ID ${before} to empty string`),
			});
			for (const name of loaded) view.say(`Loaded image${name.startsWith('sha256:') ? ' ID' : ''}: ${name}`);
		} finally {
			view.close();
		}
		return 0;
	},
};

/** Docker shows a bar for each layer that is new. */
function showLoad(view: ProgressView, progress: PullProgress): void {
	if (progress.kind !== 'layer' || progress.state === 'waiting' || progress.state === 'exists') return;
	const {id, current, total} = progress;
	view.item({id, words: 'Loading layer', lasting: false, bar: {current, total}});
}
