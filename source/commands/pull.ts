import {pullWithProgress} from '../cli/pull.ts';
import {printLine} from '../cli/output.ts';
import {withTag} from '../cli/reference-text.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
	description: 'Download an image from a registry',
	args: [1, 1],
	flags: [
		{name: 'disable-content-trust', kind: 'bool', default: 'true', help: 'Accepted for scripts', hidden: true},
		{name: 'platform', kind: 'string', help: 'Platform to choose, e.g. linux/arm64'},
		{name: 'quiet', short: 'q', kind: 'bool', help: 'Only print the name of the image'},
	],
	async run({flags, args: [reference = ''], engine}) {
		const quiet = flags.bool('quiet');
		if (!quiet && withTag(reference) !== reference) printLine('Using default tag: latest');
		await pullWithProgress(engine(), reference, {quiet, descriptor: 1, ...(flags.given('platform') && {platform: flags.text('platform')})});
		printLine(fullName(withTag(reference)));
		return 0;
	},
};

/** With the registry and path that a short name means. */
function fullName(reference: string): string {
	const [host = ''] = reference.split('/');
	if (!reference.includes('/')) return `docker.io/library/${reference}`;
	return /[.:]/.test(host) || host === 'localhost' ? reference : `docker.io/${reference}`;
}
