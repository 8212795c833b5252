import {setTimeout as sleep} from 'node:timers/promises';
import {type ContainerSummary, type Engine, findContainer, listContainers, openStats, type StatsReader, type StatsSample} from '../../core/index.ts';
import {formatFlag, noTruncFlag} from '../cli/common-flags.ts';
import type {FlagValues} from '../cli/flags.ts';
import {renderList} from '../cli/format.ts';
import {isTerminal, print, printControl} from '../cli/output.ts';
import {statsListing, type StatsRow} from '../cli/stats-listing.ts';
import type {Verb} from '../cli/verb.ts';
import {sanitizeText} from '../terminal/sanitize.ts';

const INTERVAL_MS = 1000;
/** Between the two readings that a share of CPU time needs. */
const FIRST_INTERVAL_MS = 500;

export const verb: Verb = {
	usage: '[OPTIONS] [CONTAINER...]',
	description: 'Show what containers use, live',
	args: [0, Infinity],
	flags: [
		{name: 'all', short: 'a', kind: 'bool', help: 'Show all containers, not only those that run'},
		formatFlag,
		{name: 'no-stream', kind: 'bool', help: 'Print one reading, and end'},
		noTruncFlag,
		{name: 'tui', kind: 'bool', help: 'In the console, on a terminal'},
	],
	async run({flags, args, engine}) {
		const readers: Readers = new Map();
		try {
			readAll(engine(), readers, flags, args);
			await sleep(FIRST_INTERVAL_MS);
			if (flags.bool('no-stream')) print(await render(readAll(engine(), readers, flags, args), flags));
			else await stream(engine(), readers, flags, args);
			return 0;
		} finally {
			for (const {reader} of readers.values()) reader.close();
		}
	},
};

type Readers = Map<string, {reader: StatsReader; sample?: StatsSample | undefined}>;

const render = (rows: StatsRow[], flags: FlagValues): Promise<string> => renderList(statsListing(flags.bool('no-trunc')), rows, flags.text('format'));

/** Ends with the signal that stops this program. */
async function stream(engine: Engine, readers: Readers, flags: FlagValues, names: readonly string[]): Promise<void> {
	const onTerminal = isTerminal(1);
	if (onTerminal) printControl('\u001b[2J');
	for (;;) {
		const text = await render(readAll(engine, readers, flags, names), flags);
		// Drawn over in place: each line cleared to its end, then all below.
		if (onTerminal) printControl(`\u001b[H${sanitizeText(text).replaceAll('\n', '\u001b[K\n')}\u001b[J`);
		else print(text);
		await sleep(INTERVAL_MS);
	}
}

function chosen(engine: Engine, flags: FlagValues, names: readonly string[]): Array<{container: ContainerSummary; asked: string}> {
	if (names.length > 0) return names.map(name => ({container: findContainer(engine, name), asked: name}));
	return listContainers(engine, {all: flags.bool('all')}).map(container => ({container, asked: ''}));
}

function readAll(engine: Engine, readers: Readers, flags: FlagValues, names: readonly string[]): StatsRow[] {
	const wanted = chosen(engine, flags, names);
	forget(readers, new Set(wanted.map(({container}) => container.id)));
	return wanted.map(({container, asked}) => {
		const before = readers.get(container.id)?.sample;
		return {container, asked, before, now: readOne(engine, readers, container)};
	});
}

function readOne(engine: Engine, readers: Readers, {id, pid}: ContainerSummary): StatsSample | undefined {
	if (pid === 0) return undefined;
	let entry = readers.get(id);
	if (entry === undefined) readers.set(id, (entry = {reader: openStats(engine, id)}));
	entry.sample = entry.reader.read();
	return entry.sample;
}

function forget(readers: Readers, keep: ReadonlySet<string>): void {
	for (const [id, {reader}] of readers) {
		if (keep.has(id)) continue;
		reader.close();
		readers.delete(id);
	}
}
