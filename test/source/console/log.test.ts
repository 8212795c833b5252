import test from 'ava';
import {parseTime} from '../../../source/console/actions/log.ts';
import {appendLog, emptyLog, type LogLine} from '../../../source/console/store/log-buffer.ts';
import {countMatches, findInLog, lineAtTime, shownIndices} from '../../../source/console/store/log-window.ts';
import {matcherOf, parseLineFilter} from '../../../source/console/store/matcher.ts';
import type {LogLook} from '../../../source/console/store/state.ts';
import {sampleState} from '../../frames/sample.ts';

const {logLook} = sampleState({columns: 120, rows: 40});
const look = (values: Partial<LogLook>): LogLook => ({...logLook, ...values});
const line = (log: string, second = 0, from?: string): LogLine => ({
	stream: 'stdout',
	time: `2026-11-26T10:00:${String(second).padStart(2, '0')}.000000000Z`,
	log: `${log}\n`,
	...(from !== undefined && {from}),
});
const log = appendLog(
	emptyLog('x'),
	['a', 'error one', 'b', 'c', 'd', 'Error two', 'e'].map((text, index) => line(text, index)),
);

test('& keeps the lines that match, ! those that do not, + the lines around', t => {
	t.deepEqual(shownIndices(log, look({only: 'error'})), [1, 5]);
	t.deepEqual(shownIndices(log, look({only: '!error'})), [0, 2, 3, 4, 6]);
	t.deepEqual(shownIndices(log, look({only: '+1 error'})), [0, 1, 2, 4, 5, 6]);
	t.deepEqual(shownIndices(log, look({only: '+2 error'})), [0, 1, 2, 3, 4, 5, 6]);
	t.deepEqual(shownIndices(log, look({})), [0, 1, 2, 3, 4, 5, 6]);
	t.deepEqual(shownIndices(log, look({stream: 'stderr'})), []);
});

test('a search finds within what is shown, both ways, round the end, and counts', t => {
	const searched = look({search: 'error'});
	t.is(findInLog(log, searched, 7, -1), 5);
	t.is(findInLog(log, searched, 5, -1), 1);
	t.is(findInLog(log, searched, 1, -1), 5);
	t.is(findInLog(log, searched, 5, 1), 1);
	t.is(findInLog(log, searched, 2, 1), 5);
	t.deepEqual(countMatches(log, look({search: 'error', match: 5})), {count: 2, place: 2});
	t.is(findInLog(log, look({search: 'error', only: 'one'}), 1, 1), 1);
	t.is(findInLog(log, look({search: 'nowhere'}), 1, 1), undefined);
});

test('words are a regular expression where they are one; case counts where it is typed', t => {
	t.true(matcherOf('err.r (one|two)').test('ERROR TWO'));
	t.false(matcherOf('Error').test('error'));
	t.true(matcherOf('a(b').test('xa(b'));
	t.true(matcherOf('[').test('a [ b'));
	// What would try for ever is taken as plain words.
	t.false(matcherOf('(a+)+$').test(`${'a'.repeat(5000)}b`));
	t.is(parseLineFilter('!+2 x').invert, true);
	t.is(parseLineFilter('+12 x').context, 12);
	t.is(parseLineFilter('!').matcher.pattern, undefined);
});

test('several logs are one, by time', t => {
	const merged = [[line('web 1', 1, 'web'), line('web 5', 5, 'web')], [line('db 2', 2, 'db'), line('db 4', 4, 'db')], [line('web 6', 6, 'web')]].reduce(
		appendLog,
		emptyLog('a', 'b'),
	);
	t.deepEqual(
		merged.entries.map(entry => entry.log.trim()),
		['web 1', 'db 2', 'db 4', 'web 5', 'web 6'],
	);
});

test('@ understands clock times and times before now', t => {
	process.env['TZ'] = 'UTC';
	const now = Date.UTC(2026, 10, 26, 12, 0, 0);
	t.is(parseTime('11:30', now), Date.UTC(2026, 10, 26, 11, 30));
	t.is(parseTime('13:30:05', now), Date.UTC(2026, 10, 25, 13, 30, 5));
	t.is(parseTime('-10m', now), now - 600_000);
	t.is(parseTime('2h', now), now - 7_200_000);
	t.is(parseTime('2026-11-01T00:00:00Z', now), Date.UTC(2026, 10, 1));
	t.is(parseTime('noon', now), undefined);
	t.is(lineAtTime(log, look({}), '2026-11-26T10:00:03.5Z'), 4);
});
