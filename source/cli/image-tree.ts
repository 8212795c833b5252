import {contentSize, type Engine, type ImageSummary} from '../../core/index.ts';
import {type FlagValues, UsageError} from './flags.ts';
import {humanSize, shortId} from './units.ts';

type Cells = {readonly name: string; readonly id: string; readonly disk: string; readonly content: string; readonly extra: string};

const GAP = '   ';
const HEAD: Cells = {name: 'IMAGE', id: 'ID', disk: 'DISK USAGE', content: 'CONTENT SIZE', extra: 'EXTRA'};
const ID_WIDTH = 12;
const UNTAGGED = '<untagged>';

/** `images --tree`: names above each other, below them the platform that is here; `U` marks what a container uses. */
export function imageTree(engine: Engine, images: readonly ImageSummary[], flags: FlagValues): string {
	for (const name of ['quiet', 'no-trunc', 'digests', 'format'])
		if (flags.given(name)) throw new UsageError(`--${name === 'digests' ? 'show-digest' : name} is not yet supported with --tree`, {exitCode: 1, usage: false});
	const groups = [...Map.groupBy(images, ({id}) => id).values()].toSorted((one, other) => (firstName(one) < firstName(other) ? -1 : 1));
	const lines = groups.map(group => linesOf(engine, group));
	const width = Math.max(HEAD.name.length, ...lines.flat().map(({name}) => name.length));
	return `${[lineOf(HEAD, width), ...lines.map(group => group.map(cells => lineOf(cells, width)).join('\n'))].join('\n')}\n`;
}

const namesOf = (group: readonly ImageSummary[]): string[] => group.filter(({tag}) => tag !== '<none>').map(({repository, tag}) => `${repository}:${tag}`);
/** Those without a name come last. */
const firstName = (group: readonly ImageSummary[]): string => namesOf(group)[0] ?? '\uffff';

function linesOf(engine: Engine, group: readonly ImageSummary[]): Cells[] {
	const [image] = group;
	if (!image) return [];
	const names = namesOf(group);
	const sizes = {disk: humanSize(image.size), content: humanSize(contentSize(engine, image.id)), extra: image.containers > 0 ? 'U' : ''};
	const bare = {id: '', disk: '', content: '', extra: ''};
	const own = (names.length === 0 ? [UNTAGGED] : names).map((name, index, all) => ({name, ...(index === all.length - 1 ? {id: shortId(image.id), ...sizes} : bare)}));
	return [...own, {name: `└─ ${image.os}/${image.architecture}`, id: shortId(image.id), ...sizes}, {name: '', ...bare}];
}

const lineOf = ({name, id, disk, content, extra}: Cells, width: number): string =>
	[name.padEnd(width), id.padEnd(ID_WIDTH), disk.padStart(HEAD.disk.length), content.padStart(HEAD.content.length), extra].join(GAP).trimEnd();
