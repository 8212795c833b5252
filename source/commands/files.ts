import {type PathChange, imageFiles, type ImageFiles, type LayerFiles} from '../../core/index.ts';
import {type Listing, renderList} from '../cli/format.ts';
import {print} from '../cli/output.ts';
import {ellipsis, humanSize, shortId} from '../cli/units.ts';
import type {Verb} from '../cli/verb.ts';

const CREATED_BY_WIDTH = 45;
const WORST = 20;

export const verb: Verb = {
	usage: '[OPTIONS] IMAGE',
	description: 'Show what each layer of an image adds, changes and hides, and which bytes are wasted',
	args: [1, 1],
	flags: [
		{name: 'files', kind: 'bool', help: 'List every file of every layer: A added, C changed, D removed'},
		{name: 'format', kind: 'string', help: "'json': all of it as one JSON object"},
		{name: 'no-trunc', kind: 'bool', help: "Don't truncate output"},
	],
	async run({flags, args: [name = ''], engine}) {
		const found = await imageFiles(engine(), name);
		if (flags.text('format') === 'json') print(`${JSON.stringify(found)}\n`);
		else if (flags.bool('files')) print(found.layers.map(fileList).join(''));
		else print(await summary(found, flags.bool('no-trunc')));
		return 0;
	},
};

const letters: Readonly<Record<PathChange['change'], string>> = {added: 'A', changed: 'C', removed: 'D'};

const fileList = ({diffId, files}: LayerFiles): string =>
	`${diffId}\n${files.map(({change, size, path}) => `${letters[change]} ${humanSize(size).padStart(8)} /${path}\n`).join('')}`;

async function summary(found: ImageFiles, noTrunc: boolean): Promise<string> {
	const share = found.size === 0 ? 0 : (found.wasted / found.size) * 100;
	const total = `\n${humanSize(found.size)} in all, ${humanSize(found.wasted)} of it wasted (${share.toFixed(1)} %)\n`;
	const worst = found.wastedFiles.slice(0, noTrunc ? Infinity : WORST);
	return (await renderList(layerListing(noTrunc), found.layers, '')) + total + (worst.length > 0 ? `\n${await renderList(wasteListing, worst, '')}` : '');
}

const layerListing = (noTrunc: boolean): Listing<LayerFiles> => ({
	subject: 'layer',
	table: ['Layer', 'Size', 'Added', 'Changed', 'Removed', 'Hides', 'CreatedBy'],
	columns: {
		Added: {header: 'ADDED', value: ({added}) => String(added)},
		Changed: {header: 'CHANGED', value: ({changed}) => String(changed)},
		CreatedBy: {header: 'CREATED BY', value: ({createdBy}) => (noTrunc ? createdBy : ellipsis(createdBy.replaceAll('\t', ' '), CREATED_BY_WIDTH))},
		Hides: {header: 'HIDES', value: ({hides}) => humanSize(hides)},
		Layer: {header: 'LAYER', value: ({diffId}) => (noTrunc ? diffId : shortId(diffId))},
		Removed: {header: 'REMOVED', value: ({removed}) => String(removed)},
		Size: {header: 'SIZE', value: ({size}) => humanSize(size)},
	},
});

const wasteListing: Listing<ImageFiles['wastedFiles'][number]> = {
	subject: 'file',
	table: ['Wasted', 'Layers', 'Path'],
	columns: {
		Layers: {header: 'LAYERS', value: ({count}) => String(count)},
		Path: {header: 'PATH', value: ({path}) => `/${path}`},
		Wasted: {header: 'WASTED', value: ({bytes}) => humanSize(bytes)},
	},
};
