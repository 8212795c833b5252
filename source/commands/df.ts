import {type ContainerSummary, type Engine, type ImageSummary, type ImageUsage, imageUsage, listContainers, listImages, listVolumes, type VolumeSummary} from '../../core/index.ts';
import {formatFlag} from '../cli/common-flags.ts';
import {containerListing} from '../cli/container-listing.ts';
import {type Listing, renderList, renderTable} from '../cli/format.ts';
import {print} from '../cli/output.ts';
import {ago, humanSize} from '../cli/units.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS]',
	description: 'Show how much disk the store uses',
	args: [0, 0],
	flags: [formatFlag, {name: 'verbose', short: 'v', kind: 'bool', help: 'Show each object'}],
	async run({flags, engine}) {
		const use = readUse(engine());
		const format = flags.text('format');
		if (flags.bool('verbose')) print(format === '' || format.startsWith('table') ? verboseText(use) : await verboseByTemplate(use, format));
		else
			print(
				await renderList(listing, [imageRow(use), containerRow(use), volumeRow(use), {type: 'Build Cache', total: 0, active: 0, size: 0, reclaimable: 0}], flags.text('format')),
			);
		return 0;
	},
};

type Use = {readonly images: readonly ImageSummary[]; readonly usage: ImageUsage; readonly containers: readonly ContainerSummary[]; readonly volumes: readonly VolumeSummary[]};
type Row = {readonly type: string; readonly total: number; readonly active: number; readonly size: number; readonly reclaimable: number};

const readUse = (engine: Engine): Use => ({
	images: listImages(engine, {all: true}),
	usage: imageUsage(engine),
	containers: listContainers(engine, {all: true, size: true}),
	volumes: listVolumes(engine, {size: true}),
});

const sharedSize = ({shared}: ImageUsage, {id}: ImageSummary): number => shared.get(id) ?? 0;
const uniqueSize = (usage: ImageUsage, image: ImageSummary): number => image.size - sharedSize(usage, image);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Once each, however many names an image has. */
const distinct = (images: readonly ImageSummary[]): ImageSummary[] => [...new Map(images.map(image => [image.id, image])).values()];

/** Layers that images share count once. What an image in use has alone is what cannot be reclaimed. */
function imageRow({images, usage, containers}: Use): Row {
	const all = distinct(images);
	const used = new Set(containers.map(({imageId}) => imageId));
	const active = all.filter(({id}) => used.has(id));
	const kept = sum(active.map(image => uniqueSize(usage, image)));
	return {type: 'Images', total: all.length, active: active.length, size: usage.total, reclaimable: usage.total - kept};
}

const RUNNING: ReadonlySet<string> = new Set(['running', 'paused', 'restarting', 'stopping']);

function containerRow({containers}: Use): Row {
	const bytes = (list: readonly ContainerSummary[]): number => sum(list.map(({sizeRw = 0}) => sizeRw));
	const active = containers.filter(({status}) => RUNNING.has(status));
	return {type: 'Containers', total: containers.length, active: active.length, size: bytes(containers), reclaimable: bytes(containers) - bytes(active)};
}

function volumeRow({volumes, containers}: Use): Row {
	const used = new Set(containers.flatMap(({mounts}) => mounts));
	const active = volumes.filter(({Name}) => used.has(Name));
	const bytes = (list: readonly VolumeSummary[]): number => sum(list.map(({Size = 0}) => Size));
	return {type: 'Local Volumes', total: volumes.length, active: active.length, size: bytes(volumes), reclaimable: bytes(volumes) - bytes(active)};
}

const reclaimableText = ({size, reclaimable}: Row): string => `${humanSize(reclaimable, 4)}${size > 0 && reclaimable > 0 ? ` (${Math.floor((reclaimable / size) * 100)}%)` : ''}`;

const listing: Listing<Row> = {
	subject: 'disk usage',
	table: ['Type', 'TotalCount', 'Active', 'Size', 'Reclaimable'],
	columns: {
		Type: {header: 'TYPE', value: ({type}) => type},
		TotalCount: {header: 'TOTAL', value: ({total}) => String(total)},
		Active: {header: 'ACTIVE', value: ({active}) => String(active)},
		Size: {header: 'SIZE', value: ({size}) => humanSize(size, 4)},
		Reclaimable: {header: 'RECLAIMABLE', value: reclaimableText},
	},
};

const volumeListing = ({containers}: Use): Listing<VolumeSummary> => ({
	subject: 'volume',
	table: ['Name', 'Links', 'Size'],
	columns: {
		Name: {header: 'VOLUME NAME', value: ({Name}) => Name},
		Driver: {header: 'DRIVER', value: ({Driver}) => Driver},
		Mountpoint: {header: 'MOUNTPOINT', value: ({Mountpoint}) => Mountpoint},
		Scope: {header: 'SCOPE', value: ({Scope}) => Scope},
		Links: {header: 'LINKS', value: ({Name}) => String(containers.filter(({mounts}) => mounts.includes(Name)).length)},
		Size: {header: 'SIZE', value: ({Size = 0}) => humanSize(Size, 4)},
	},
});

const imageListing = ({usage}: Use): Listing<ImageSummary> => ({
	subject: 'image',
	table: ['Repository', 'Tag', 'ID', 'CreatedSince', 'Size', 'SharedSize', 'UniqueSize', 'Containers'],
	columns: {
		Repository: {header: 'REPOSITORY', value: ({repository}) => repository},
		Tag: {header: 'TAG', value: ({tag}) => tag},
		ID: {header: 'IMAGE ID', value: ({id}) => id.slice(7, 19)},
		CreatedAt: {header: 'CREATED AT', value: ({createdAt}) => createdAt},
		CreatedSince: {header: 'CREATED', value: ({createdAt}) => (Date.parse(createdAt) > 0 ? ago(createdAt) : 'N/A')},
		Size: {header: 'SIZE', value: ({size}) => humanSize(size)},
		SharedSize: {header: 'SHARED SIZE', value: image => humanSize(sharedSize(usage, image), 4)},
		UniqueSize: {header: 'UNIQUE SIZE', value: image => humanSize(uniqueSize(usage, image), 4)},
		Containers: {header: 'CONTAINERS', value: ({containers}) => String(containers)},
	},
});

/** We have no build cache: its table is there for those who read Docker's. */
const cacheListing: Listing<never> = {
	subject: 'build cache',
	table: ['ID', 'CacheType', 'Size', 'CreatedSince', 'LastUsedSince', 'UsageCount', 'Shared'],
	columns: Object.fromEntries(
		Object.entries({ID: 'CACHE ID', CacheType: 'CACHE TYPE', Size: 'SIZE', CreatedSince: 'CREATED', LastUsedSince: 'LAST USED', UsageCount: 'USAGE', Shared: 'SHARED'}).map(
			([name, header]) => [name, {header, value: () => ''}],
		),
	),
};

const tableOf = <T>(listing: Listing<T>, items: readonly T[]): string => renderTable(listing, items, listing.table);

/** Each kind's rows by the names of their columns, as `--format` of a verbose list sees them. */
async function verboseByTemplate(use: Use, format: string): Promise<string> {
	const object = {
		Images: rowsOf(imageListing(use), use.images),
		Containers: rowsOf(containerListing({noTrunc: false, size: true}), use.containers),
		Volumes: rowsOf(volumeListing(use), use.volumes),
		BuildCache: [],
	};
	if (format === 'json') return `${JSON.stringify(object)}\n`;
	const {compileObject} = await import('../cli/format-template.ts');
	return compileObject(format)(object);
}

const rowsOf = <T>({columns}: Listing<T>, items: readonly T[]): Array<Record<string, unknown>> =>
	items.map(item =>
		Object.fromEntries(
			Object.keys(columns)
				.toSorted()
				.map(name => [name, columns[name]?.value(item)]),
		),
	);

/** With the first name of each image. */
const verboseText = (use: Use): string =>
	[
		['Images space usage:', tableOf(imageListing(use), distinct(use.images.toReversed()).toReversed())],
		[
			'Containers space usage:',
			renderTable(containerListing({noTrunc: false, size: true}), use.containers, ['ID', 'Image', 'Command', 'LocalVolumes', 'Size', 'RunningFor', 'Status', 'Names']),
		],
		['Local Volumes space usage:', tableOf(volumeListing(use), use.volumes)],
		['Build cache usage: 0B', tableOf(cacheListing, [])],
	]
		.map(([title, table]) => `${title}\n\n${table}`)
		.join('\n');
