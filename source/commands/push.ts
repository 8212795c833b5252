import {canonicalString, parseReference, type PushProgress, pushImage, withDefaultTag} from '../../core/index.ts';
import {contentTrustFlag, refuseContentTrust} from '../cli/content-trust.ts';
import {printLine} from '../cli/output.ts';
import {openProgress} from '../cli/progress.ts';
import {type ProgressView, retryLine} from '../cli/progress-lines.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] NAME[:TAG]',
	description: 'Upload an image to a registry',
	args: [1, 1],
	flags: [
		{name: 'all-tags', short: 'a', kind: 'bool', help: 'Push all tags of an image to the repository'},
		contentTrustFlag,
		{name: 'platform', kind: 'string', help: 'Push only if the image is for this platform, e.g. linux/amd64'},
		{name: 'quiet', short: 'q', kind: 'bool', help: 'Only print the name of the image'},
	],
	async run({flags, args: [name = ''], engine}) {
		refuseContentTrust(flags, name);
		const [quiet, allTags] = [flags.bool('quiet'), flags.bool('all-tags')];
		const reference = allTags ? parseReference(name) : withDefaultTag(parseReference(name));
		if (!quiet && !allTags && parseReference(name).tag === undefined && !reference.digest) printLine('Using default tag: latest');
		const view = quiet ? undefined : await openProgress(1);
		try {
			await pushImage(engine(), name, {
				allTags,
				...(flags.given('platform') && {platform: flags.text('platform')}),
				...(view && {onProgress: progress => showPush(view, progress)}),
			});
		} finally {
			view?.close();
		}
		if (quiet) printLine(canonicalString(reference));
		return 0;
	},
};

type Layer = Extract<PushProgress, {kind: 'layer'}>;

/** Docker's words. */
const layerWords: Readonly<Record<Layer['state'], string>> = {
	preparing: 'Preparing',
	waiting: 'Waiting',
	pushing: 'Pushing',
	pushed: 'Pushed',
	exists: 'Layer already exists',
	mounted: 'Mounted from',
};

function showPush(view: ProgressView, progress: PushProgress): void {
	switch (progress.kind) {
		case 'repository':
			return view.say(`The push refers to repository [${progress.name}]`);
		case 'retry':
			return view.say(retryLine('', progress.inSeconds, progress.reason));
		case 'tag':
			return view.say(`${progress.tag}: digest: ${progress.digest} size: ${progress.size}`);
		case 'layer': {
			const {id, state, current, total, from = ''} = progress;
			const words = `${layerWords[state]}${from === '' ? '' : ` ${from}`}`;
			return view.item({id, words, lasting: state !== 'pushing', ...(state === 'pushing' && {bar: {current, total}})});
		}
	}
}
