import {type Engine, type Filters, pruneContainers, pruneImages, pruneNetworks, pruneVolumes} from '../../core/index.ts';
import {confirm} from '../cli/confirm.ts';
import {readFilters} from '../cli/filters.ts';
import type {Flag, FlagValues} from '../cli/flags.ts';
import {print} from '../cli/output.ts';
import {parseTime} from '../cli/time-flag.ts';
import {humanSize} from '../cli/units.ts';
import type {Context, Verb} from '../cli/verb.ts';

type Result = {readonly lines: readonly string[]; readonly bytes: number};
type Prune = (engine: Engine, flags: FlagValues, filters: Filters) => Promise<Result>;

const titled = (title: string, names: readonly string[]): string[] => (names.length === 0 ? [] : [`${title}:`, ...names, '']);

const containers: Prune = async (engine, _flags, filters) => {
	const {deleted, spaceReclaimed} = await pruneContainers(engine, {filters});
	return {lines: titled('Deleted Containers', deleted), bytes: spaceReclaimed};
};

const images: Prune = async (engine, flags, filters) => {
	const {removed, spaceReclaimed} = await pruneImages(engine, {all: flags.bool('all'), filters});
	const lines = removed.flatMap(({Untagged, Deleted}) => [...(Untagged === undefined ? [] : [`untagged: ${Untagged}`]), ...(Deleted === undefined ? [] : [`deleted: ${Deleted}`])]);
	return {lines: titled('Deleted Images', lines), bytes: spaceReclaimed};
};

const networks: Prune = async (engine, _flags, filters) => ({lines: titled('Deleted Networks', (await pruneNetworks(engine, {filters})).deleted), bytes: 0});

const volumes: Prune = async (engine, flags, filters) => {
	const {deleted, spaceReclaimed} = await pruneVolumes(engine, {filters, all: flags.bool('all')});
	return {lines: titled('Deleted Volumes', deleted), bytes: spaceReclaimed};
};

/** `until` reaches the engine as a time, however it was written. */
function pruneFilters(flags: FlagValues): Filters {
	const filters = new Map(readFilters(flags));
	const until = filters.get('until');
	if (until !== undefined)
		filters.set(
			'until',
			until.map(value => String(parseTime(value).getTime())),
		);
	return filters;
}

async function runPrunes({flags, engine}: Context, warning: string, prunes: readonly Prune[]): Promise<number> {
	if (!flags.bool('force') && !(await confirm(warning))) return 0;
	const filters = pruneFilters(flags);
	let bytes = 0;
	for (const prune of prunes) {
		const result = await prune(engine(), flags, filters);
		bytes += result.bytes;
		print(result.lines.map(line => `${line}\n`).join(''));
	}
	if (prunes.length > 1 || prunes[0] !== networks) print(`Total reclaimed space: ${humanSize(bytes, 4)}\n`);
	return 0;
}

const forceFlag: Flag = {name: 'force', short: 'f', kind: 'bool', help: "Don't ask"};
const untilFlag: Flag = {name: 'filter', kind: 'filter', help: 'Only those for which KEY=VALUE holds, e.g. until=24h, label=team'};

const verbOf = (description: string, warning: (flags: FlagValues) => string, choose: (flags: FlagValues) => readonly Prune[], more: readonly Flag[] = []): Verb => ({
	usage: '[OPTIONS]',
	description,
	args: [0, 0],
	flags: [untilFlag, forceFlag, ...more],
	run: context => runPrunes(context, `WARNING! ${warning(context.flags)}`, choose(context.flags)),
});

export const pruneContainersVerb = verbOf(
	'Remove all stopped containers',
	() => 'This will remove all stopped containers.',
	() => [containers],
);

export const pruneImagesVerb = verbOf(
	'Remove images that nothing uses',
	flags => `This will remove all ${flags.bool('all') ? 'images without at least one container associated to them' : 'dangling images'}.`,
	() => [images],
	[{name: 'all', short: 'a', kind: 'bool', help: 'Images that have names too, when no container uses them'}],
);

export const pruneNetworksVerb = verbOf(
	'Remove networks that nothing uses',
	() => 'This will remove all custom networks not used by at least one container.',
	() => [networks],
);

export const pruneVolumesVerb = verbOf(
	'Remove volumes that nothing uses',
	flags => `This will remove ${flags.bool('all') ? 'all' : 'anonymous'} local volumes not used by at least one container.`,
	() => [volumes],
	[{name: 'all', short: 'a', kind: 'bool', help: 'Volumes that have names too'}],
);

export const pruneSystemVerb = verbOf(
	'Remove everything that nothing uses',
	flags =>
		`This will remove:\n  - all stopped containers\n  - all networks not used by at least one container${flags.bool('volumes') ? '\n  - all anonymous volumes not used by at least one container' : ''}\n  - all ${flags.bool('all') ? 'images without at least one container associated to them' : 'dangling images'}\n`,
	flags => [containers, networks, ...(flags.bool('volumes') ? [volumesOfNobody] : []), images],
	[
		{name: 'all', short: 'a', kind: 'bool', help: 'Images that have names too, when no container uses them'},
		{name: 'volumes', kind: 'bool', help: 'Anonymous volumes too'},
	],
);

/** `--all` of `system prune` speaks of images: volumes with names stay. */
async function volumesOfNobody(engine: Engine, _flags: FlagValues, filters: Filters): Promise<Result> {
	const {deleted, spaceReclaimed} = await pruneVolumes(engine, {filters, all: false});
	return {lines: titled('Deleted Volumes', deleted), bytes: spaceReclaimed};
}
