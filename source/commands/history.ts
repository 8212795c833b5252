import {type HistoryLine, imageHistory} from '../../core/index.ts';
import {formatFlag, noTruncFlag} from '../cli/common-flags.ts';
import {type Listing, renderList} from '../cli/format.ts';
import {print} from '../cli/output.ts';
import {ago, ellipsis, humanSize, shortId} from '../cli/units.ts';
import type {Verb} from '../cli/verb.ts';

const CREATED_BY_WIDTH = 45;
const MISSING = '<missing>';

export const verb: Verb = {
	usage: '[OPTIONS] IMAGE',
	description: 'Show the history of an image',
	args: [1, 1],
	flags: [
		formatFlag,
		{name: 'human', short: 'H', kind: 'bool', default: 'true', help: 'Print sizes and dates as people read them'},
		noTruncFlag,
		{name: 'platform', kind: 'string', help: 'Only if the image is for this platform, e.g. linux/amd64'},
		{name: 'quiet', short: 'q', kind: 'bool', help: 'Only show image IDs'},
	],
	async run({flags, args: [name = ''], engine}) {
		const lines = imageHistory(engine(), name, flags.given('platform') ? [flags.text('platform')] : []);
		const noTrunc = flags.bool('no-trunc');
		if (flags.bool('quiet')) print(lines.map(line => `${idOf(line, noTrunc)}\n`).join(''));
		else print(await renderList(historyListing(noTrunc, flags.bool('human')), lines, flags.text('format')));
		return 0;
	},
};

const idOf = ({Id}: HistoryLine, noTrunc: boolean): string => (Id === '' || Id === MISSING ? MISSING : noTrunc ? Id : shortId(Id));

const timeOf = ({Created}: HistoryLine): string => new Date(Created * 1000).toISOString().replace('.000Z', 'Z');

function historyListing(noTrunc: boolean, human: boolean): Listing<HistoryLine> {
	const createdBy = ({CreatedBy}: HistoryLine): string => {
		const line = CreatedBy.replaceAll('\t', ' ');
		return noTrunc ? line : ellipsis(line, CREATED_BY_WIDTH);
	};
	return {
		subject: 'history',
		table: ['ID', human ? 'CreatedSince' : 'CreatedAt', 'CreatedBy', 'Size', 'Comment'],
		columns: {
			Comment: {header: 'COMMENT', value: ({Comment}) => Comment},
			CreatedAt: {header: 'CREATED AT', value: timeOf},
			CreatedBy: {header: 'CREATED BY', value: createdBy},
			CreatedSince: {header: 'CREATED', value: line => (line.Created > 0 ? ago(timeOf(line)) : 'N/A')},
			ID: {header: 'IMAGE', value: line => idOf(line, noTrunc)},
			Size: {header: 'SIZE', value: ({Size}) => (human ? humanSize(Size) : String(Size))},
		},
	};
}
