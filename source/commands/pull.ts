import {canonicalString, parseReference, withDefaultTag} from '../../core/index.ts';
import {contentTrustFlag, refuseContentTrust} from '../cli/content-trust.ts';
import {printLine} from '../cli/output.ts';
import {pullWithProgress} from '../cli/pull.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
	description: 'Download an image from a registry',
	args: [1, 1],
	flags: [
		{name: 'all-tags', short: 'a', kind: 'bool', help: 'Download all tagged images in the repository'},
		contentTrustFlag,
		{name: 'platform', kind: 'string', help: 'Platform to choose, e.g. linux/arm64'},
		{name: 'quiet', short: 'q', kind: 'bool', help: 'Only print the name of the image'},
	],
	async run({flags, args: [name = ''], engine}) {
		refuseContentTrust(flags, name);
		const [quiet, allTags] = [flags.bool('quiet'), flags.bool('all-tags')];
		const typed = parseReference(name);
		const reference = allTags ? typed : withDefaultTag(typed);
		if (!quiet && reference !== typed) printLine('Using default tag: latest');
		const platform = flags.text('platform') || process.env['DOCKER_DEFAULT_PLATFORM'];
		await pullWithProgress(engine(), name, {quiet, descriptor: 1, allTags, ...(platform && {platform})});
		printLine(canonicalString(reference));
		return 0;
	},
};
