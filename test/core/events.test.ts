import {spawn} from 'node:child_process';
import {appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import test, {type ExecutionContext} from 'ava';
import {matchesEvent} from '../../core/events/filter.ts';
import {recordEvent} from '../../core/events/journal.ts';
import type {EngineEvent} from '../../core/events/event.ts';
import {watchEvents} from '../../core/events/watch.ts';
import {openDatabase} from '../../core/state/database.ts';

type Place = Parameters<typeof recordEvent>[0];

function openPlace(t: ExecutionContext): Place {
	const root = mkdtempSync(`${tmpdir()}/hawser-events-`);
	const db = openDatabase(`${root}/hawser.db`, []);
	t.teardown(() => {
		db.close();
		rmSync(root, {recursive: true});
	});
	return {root, db};
}

const event = (action: string, attributes: Record<string, string> = {}) => ({type: 'container', action, id: 'abc123', attributes}) as const;

async function take(events: AsyncIterable<EngineEvent[]>, count: number): Promise<string[]> {
	const seen: string[] = [];
	for await (const batch of events) {
		seen.push(...batch.map(({Action}) => Action));
		if (seen.length >= count) break;
	}
	return seen;
}

test('recordEvent() writes one line in Docker’s shape', t => {
	const place = openPlace(t);
	recordEvent(place, event('create', {name: 'web', image: 'busybox'}));
	const [line = '', rest] = readFileSync(`${place.root}/journal`, 'utf8').split('\n');
	t.is(rest, '');
	const parsed = JSON.parse(line) as EngineEvent;
	t.like(parsed, {Type: 'container', Action: 'create', Actor: {ID: 'abc123', Attributes: {name: 'web', image: 'busybox'}}, scope: 'local'});
	t.regex(line, /"timeNano":\d{19}\}$/);
	t.true(Math.abs(parsed.time - Date.now() / 1000) < 5);
});

test('watchEvents() sees what comes after it was called, and not what was before', async t => {
	const place = openPlace(t);
	recordEvent(place, event('before'));
	const events = watchEvents(place);
	recordEvent(place, event('one'));
	recordEvent(place, event('two'));
	t.deepEqual(await take(events, 2), ['one', 'two']);
});

test('watchEvents() gives the history since a time, from a rotated journal as well', async t => {
	const place = openPlace(t);
	recordEvent(place, event('old'));
	writeFileSync(`${place.root}/journal.1`, readFileSync(`${place.root}/journal`));
	writeFileSync(`${place.root}/journal`, '');
	recordEvent(place, event('new'));
	t.deepEqual(await take(watchEvents(place, {since: new Date(0), until: new Date()}), 99), ['old', 'new']);
	t.deepEqual(await take(watchEvents(place, {since: new Date(Date.now() + 1000), until: new Date(Date.now() - 1)}), 99), []);
});

test('watchEvents() follows the journal through a rotation without loss', async t => {
	const place = openPlace(t);
	const events = watchEvents(place);
	recordEvent(place, event('first'));
	// One event that is too much for the file: the next reader finds a new one.
	recordEvent(place, event('large', {filler: 'x'.repeat(8 * 1024 * 1024)}));
	recordEvent(place, event('after'));
	t.deepEqual(await take(events, 3), ['first', 'large', 'after']);
	t.is(readFileSync(`${place.root}/journal`, 'utf8').split('\n').length, 2);
});

test('watchEvents() passes over half a line that a power loss left', async t => {
	const place = openPlace(t);
	appendFileSync(`${place.root}/journal`, '{"Type":"contai\n');
	recordEvent(place, event('whole'));
	t.deepEqual(await take(watchEvents(place, {since: new Date(0), until: new Date()}), 99), ['whole']);
});

test('watchEvents() hears another process, and how soon is told', async t => {
	const place = openPlace(t);
	const events = watchEvents(place);
	const child = spawn(process.execPath, [
		'-e',
		`const fs = require('node:fs'); fs.appendFileSync(${JSON.stringify(`${place.root}/journal`)}, JSON.stringify({Type: 'container', Action: 'start', Actor: {ID: 'x', Attributes: {}}, scope: 'local', time: 0, timeNano: Date.now() * 1e6}) + '\\n')`,
	]);
	t.teardown(() => child.kill());
	for await (const [first] of events) {
		t.log(`heard after ${(Date.now() - (first?.timeNano ?? 0) / 1e6).toFixed(0)} ms`);
		t.is(first?.Actor.ID, 'x');
		break;
	}
});

test('watchEvents() ends at once when it is aborted', async t => {
	const abort = new AbortController();
	const events = watchEvents(openPlace(t), {signal: abort.signal});
	setImmediate(() => abort.abort());
	t.deepEqual(await take(events, 1), []);
});

const sample: EngineEvent = {
	Type: 'container',
	Action: 'exec_start: sh',
	Actor: {ID: 'abcdef', Attributes: {name: 'web', image: 'nginx:1.27', tier: 'front'}},
	scope: 'local',
	time: 1,
	timeNano: 1e9,
};

for (const [filters, expected] of [
	[{type: ['container']}, true],
	[{type: ['image', 'container']}, true],
	[{type: ['image']}, false],
	[{event: ['exec_start']}, true],
	[{event: ['start']}, false],
	[{container: ['web']}, true],
	[{container: ['abc']}, true],
	[{container: ['other']}, false],
	[{image: ['nginx']}, true],
	[{image: ['nginx:1.27']}, true],
	[{image: ['busybox']}, false],
	[{label: ['tier']}, true],
	[{label: ['tier=front']}, true],
	[{label: ['tier=back']}, false],
	[{type: ['container'], container: ['other']}, false],
] as ReadonlyArray<[Record<string, string[]>, boolean]>) {
	test(`matchesEvent() with ${JSON.stringify(filters)} is ${expected}`, t => {
		t.is(matchesEvent(sample, new Map(Object.entries(filters))), expected);
	});
}
