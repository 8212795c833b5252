import {closeSync, constants, fstatSync, openSync, renameSync, statSync, writeSync} from 'node:fs';
import {nowNanos} from '../platform/time.ts';
import {type Database, underLock} from '../state/database.ts';
import type {EngineEvent} from './event.ts';

/** What the journal needs of the engine. */
export type JournalPlace = {readonly root: string; readonly db: Database};

export type NewEvent = {
	readonly type: EngineEvent['Type'];
	readonly action: string;
	readonly id: string;
	readonly attributes?: Readonly<Record<string, string>>;
};

const SIZE_LIMIT = 8 * 1024 * 1024;

export const journalPath = ({root}: {readonly root: string}): string => `${root}/journal`;

/** Appends with one write() to a descriptor in append mode: lines of several processes never mix. Readers are woken by the write itself. */
export function recordEvent(place: JournalPlace, event: NewEvent): void {
	const fd = openSync(journalPath(place), constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
	let size: number;
	try {
		writeSync(fd, formatEvent(event));
		({size} = fstatSync(fd));
	} finally {
		closeSync(fd);
	}
	if (size > SIZE_LIMIT) rotate(place);
}

function formatEvent({type, action, id, attributes = {}}: NewEvent): string {
	const nanos = nowNanos();
	const head = JSON.stringify({Type: type, Action: action, Actor: {ID: id, Attributes: attributes}, scope: 'local', time: Number(nanos / 1_000_000_000n)});
	// By hand, because a number of nanoseconds is beyond what JSON.stringify keeps.
	return `${head.slice(0, -1)},"timeNano":${nanos}}\n`;
}

/** Under the write lock of the records, so that two processes do not rename one after the other. */
function rotate(place: JournalPlace): void {
	const path = journalPath(place);
	underLock(place.db, () => {
		if ((statSync(path, {throwIfNoEntry: false})?.size ?? 0) > SIZE_LIMIT) renameSync(path, `${path}.1`);
	});
}
