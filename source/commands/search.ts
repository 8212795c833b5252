import {type FoundImage, searchImages} from '../../core/index.ts';
import {filterFlag, formatFlag, noTruncFlag} from '../cli/common-flags.ts';
import {readFilters} from '../cli/filters.ts';
import {type Listing, renderList} from '../cli/format.ts';
import {print, printError} from '../cli/output.ts';
import {ellipsis} from '../cli/units.ts';
import type {Verb} from '../cli/verb.ts';

const DESCRIPTION_WIDTH = 45;

export const verb: Verb = {
	usage: '[OPTIONS] TERM',
	description: 'Search Docker Hub for images, or with HOST/TERM another registry: its search, or its catalog',
	args: [1, 1],
	flags: [
		filterFlag('Show those for which KEY=VALUE holds, e.g. stars=3, is-official=true'),
		formatFlag,
		{name: 'limit', kind: 'int', default: '0', help: 'Most results, up to 100'},
		noTruncFlag,
	],
	async run({flags, args: [term = '']}) {
		const filters = readFilters(flags);
		if (filters.has('is-automated')) printError('WARNING: the "is-automated" filter is deprecated, and searching for "is-automated=true" will not yield any results in future.');
		const found = await searchImages(term, {limit: flags.int('limit'), filters});
		print(await renderList(searchListing(flags.bool('no-trunc')), found, flags.text('format')));
		return 0;
	},
};

const mark = (value: boolean): string => (value ? '[OK]' : '');

const searchListing = (noTrunc: boolean): Listing<FoundImage> => ({
	subject: 'search result',
	table: ['Name', 'Description', 'StarCount', 'IsOfficial'],
	columns: {
		Description: {
			header: 'DESCRIPTION',
			value({description}) {
				const line = description.replace(/[\n\r]/g, ' ');
				return noTrunc ? line : ellipsis(line, DESCRIPTION_WIDTH);
			},
		},
		IsAutomated: {header: 'AUTOMATED', value: ({isAutomated}) => mark(isAutomated), json: ({isAutomated}) => String(isAutomated)},
		IsOfficial: {header: 'OFFICIAL', value: ({isOfficial}) => mark(isOfficial), json: ({isOfficial}) => String(isOfficial)},
		Name: {header: 'NAME', value: ({name}) => name},
		StarCount: {header: 'STARS', value: ({stars}) => String(stars)},
	},
});
