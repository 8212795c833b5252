import {listContainers} from '../../core/index.ts';
import {containerListing} from '../cli/container-listing.ts';
import {filterFlag, formatFlag, noTruncFlag} from '../cli/common-flags.ts';
import {readFilters} from '../cli/filters.ts';
import type {FlagValues} from '../cli/flags.ts';
import {renderList} from '../cli/format.ts';
import {print} from '../cli/output.ts';
import {shortId} from '../cli/units.ts';
import type {Verb} from '../cli/verb.ts';

const asksForSize = (flags: FlagValues): boolean => flags.bool('size') || /\{\{[^}]*(\.Size\b|json \.\s*\}\})/.test(flags.text('format'));

/** `-l` and `-n` reach beyond the running ones. */
const limitOf = (flags: FlagValues): number | undefined => (flags.bool('latest') ? 1 : flags.int('last') > 0 ? flags.int('last') : undefined);

export const verb: Verb = {
	usage: '[OPTIONS]',
	description: 'List containers',
	args: [0, 0],
	flags: [
		{name: 'all', short: 'a', kind: 'bool', help: 'Show all containers, not only those that run'},
		filterFlag('Show those for which KEY=VALUE holds, e.g. status=exited, name=web, label=team'),
		formatFlag,
		{name: 'last', short: 'n', kind: 'int', default: '-1', help: 'Show the n newest containers, whatever their state'},
		{name: 'latest', short: 'l', kind: 'bool', help: 'Show the newest container, whatever its state'},
		noTruncFlag,
		{name: 'quiet', short: 'q', kind: 'bool', help: 'Only show container IDs'},
		{name: 'size', short: 's', kind: 'bool', help: 'Show the sizes of the files'},
	],
	async run({flags, engine}) {
		const limit = limitOf(flags);
		const size = asksForSize(flags);
		const containers = listContainers(engine(), {all: flags.bool('all'), size, filters: readFilters(flags), ...(limit !== undefined && {limit})});
		const noTrunc = flags.bool('no-trunc');
		if (flags.bool('quiet') && !flags.given('format')) {
			print(containers.map(({id}) => `${noTrunc ? id : shortId(id)}\n`).join(''));
			return 0;
		}
		print(await renderList(containerListing({noTrunc, size}), containers, flags.text('format')));
		return 0;
	},
};
