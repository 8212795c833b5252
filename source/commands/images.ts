import {type ImageSummary, listImages} from '../../core/index.ts';
import {filterFlag, formatFlag, noTruncFlag} from '../cli/common-flags.ts';
import {readFilters} from '../cli/filters.ts';
import {type Listing, renderList} from '../cli/format.ts';
import {print, printError} from '../cli/output.ts';
import {ago, goTime, humanSize, shortId} from '../cli/units.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] [REPOSITORY[:TAG]]',
	description: 'List images',
	args: [0, 1],
	flags: [
		{name: 'all', short: 'a', kind: 'bool', help: 'Show all images'},
		{name: 'digests', kind: 'bool', help: 'Show digests'},
		filterFlag('Show those for which KEY=VALUE holds, e.g. dangling=true, reference=web*, label=team'),
		formatFlag,
		noTruncFlag,
		{name: 'quiet', short: 'q', kind: 'bool', help: 'Only show image IDs'},
		{name: 'tree', kind: 'bool', help: 'List images with their platforms as a tree'},
	],
	async run({flags, args: [reference], engine, path}) {
		const filters = new Map(readFilters(flags));
		if (reference !== undefined) filters.set('reference', [...(filters.get('reference') ?? []), reference]);
		const images = listImages(engine(), {all: flags.bool('all'), filters});
		const noTrunc = flags.bool('no-trunc');
		if (flags.bool('tree')) {
			print((await import('../cli/image-tree.ts')).imageTree(engine(), images, flags));
			return 0;
		}
		if (images.length === 0 && reference !== undefined && !path.endsWith(' ls')) hintAt(reference);
		if (flags.bool('quiet') && ['', 'table'].includes(flags.text('format'))) {
			print(images.map(({id}) => `${noTrunc ? id : shortId(id)}\n`).join(''));
			return 0;
		}
		print(await renderList(imageListing(noTrunc, flags.bool('digests')), images, flags.text('format')));
		return 0;
	},
};

const SUBCOMMANDS = ['history', 'import', 'inspect', 'list', 'load', 'ls', 'prune', 'pull', 'push', 'rm', 'save', 'tag'];

/** `images ls` looks for an image of that name; most people mean something else. */
function hintAt(reference: string): void {
	if (SUBCOMMANDS.includes(reference)) printError(`No images found matching ${JSON.stringify(reference)}: did you mean "hawser image ${reference}"?`);
}

const NONE = '<none>';

function imageListing(noTrunc: boolean, digests: boolean): Listing<ImageSummary> {
	const now = Date.now();
	return {
		subject: 'image',
		table: ['Repository', 'Tag', ...(digests ? ['Digest'] : []), 'ID', 'CreatedSince', 'Size'],
		columns: {
			Containers: {header: 'CONTAINERS', value: ({containers}) => (containers < 0 ? 'N/A' : String(containers))},
			CreatedAt: {header: 'CREATED AT', value: ({createdAt}) => goTime(createdAt)},
			CreatedSince: {header: 'CREATED', value: ({createdAt}) => (Date.parse(createdAt) > 0 ? ago(createdAt, now) : 'N/A')},
			Digest: {header: 'DIGEST', value: ({digest}) => digest ?? NONE},
			ID: {header: 'IMAGE ID', value: ({id}) => (noTrunc ? id : shortId(id))},
			Repository: {header: 'REPOSITORY', value: ({repository}) => repository},
			SharedSize: {header: 'SHARED SIZE', value: () => 'N/A'},
			Size: {header: 'SIZE', value: ({size}) => humanSize(size)},
			Tag: {header: 'TAG', value: ({tag}) => tag},
			UniqueSize: {header: 'UNIQUE SIZE', value: () => 'N/A'},
			VirtualSize: {header: 'VIRTUAL SIZE', value: ({size}) => humanSize(size, 4)},
		},
	};
}
