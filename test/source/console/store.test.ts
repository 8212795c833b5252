import test from 'ava';
import {appendLog, emptyLog, logLimits} from '../../../source/console/store/log-buffer.ts';
import type {Change} from '../../../source/console/store/change.ts';
import {reduce} from '../../../source/console/store/reduce.ts';
import {selectedContainer, visibleContainers} from '../../../source/console/store/select.ts';
import type {State} from '../../../source/console/store/state.ts';
import {sampleContainers, sampleLog, sampleState} from '../../frames/sample.ts';

const home = sampleState({columns: 120, rows: 40});
const after = (state: State, ...changes: readonly Change[]): State => changes.reduce(reduce, state);
const names = (state: State): readonly string[] => visibleContainers(state).map(({name}) => name);
const line = (log: string) => ({stream: 'stdout' as const, time: '', log});

test('running containers come first, then by name', t => {
	t.deepEqual(names(home), ['job', 'logger', 'web', 'cache', 'migrate', 'worker']);
});

test('the cursor stays on its container while others come and go', t => {
	const web = selectedContainer(home);
	t.is(web?.name, 'web');
	const fewer = after(home, {type: 'lists', containers: sampleContainers.filter(({name}) => name !== 'job')});
	t.is(selectedContainer(fewer)?.name, 'web');
	t.is(fewer.lists.containers.index, 1);
});

test('when its container goes the cursor stays at its place', t => {
	const gone = after(home, {type: 'lists', containers: sampleContainers.filter(({name}) => name !== 'web')});
	t.is(selectedContainer(gone)?.name, 'cache');
	t.is(selectedContainer(after(gone, {type: 'lists', containers: []})), undefined);
});

test('moving stops at both ends', t => {
	t.is(selectedContainer(after(home, {type: 'moved', step: {to: 'bottom'}}, {type: 'moved', step: {by: 'page', count: 3}}))?.name, 'worker');
	t.is(selectedContainer(after(home, {type: 'moved', step: {by: 'half', count: -9}}))?.name, 'job');
});

test('a filter narrows the list and the cursor stays inside it', t => {
	const filtered = after(home, {type: 'filtered', list: 'containers', filter: 'cache'});
	t.deepEqual(names(filtered), ['cache']);
	t.is(selectedContainer(filtered)?.name, 'cache');
	t.deepEqual(names(after(home, {type: 'set', values: {showStopped: false}})), ['job', 'logger', 'web', 'cache']);
	t.deepEqual(names(after(home, {type: 'set', values: {showStopped: false}}, {type: 'filtered', list: 'containers', filter: 'state:exited'})), ['migrate', 'worker']);
});

test('an upward move releases the log, the end sticks it again', t => {
	const logs = after(home, {type: 'focused', pane: 'logs'});
	t.is(logs.logLook.top, undefined);
	const up = after(logs, {type: 'moved', step: {by: 'line', count: -5}});
	t.not(up.logLook.top, undefined);
	const more = after(up, {type: 'log', id: up.log.ids[0] ?? '', entries: sampleLog});
	t.is(more.logLook.top, up.logLook.top, 'new lines do not move what is looked at');
	t.is(after(more, {type: 'moved', step: {to: 'bottom'}}).logLook.top, undefined);
	t.is(after(up, {type: 'moved', step: {by: 'line', count: 5}}).logLook.top, undefined);
});

test('a log is bounded in lines and characters, and what is dropped is counted', t => {
	const lines = Array.from({length: logLimits.lines + 250}, (_, index) => line(`${index}\n`));
	const flood = appendLog(emptyLog('x'), lines);
	t.is(flood.entries.length, logLimits.lines);
	t.is(flood.first, 250);
	t.is(appendLog(flood, [line('next\n')]).first, 251);
	const wide = Array.from({length: 300}, () => line(`${'x'.repeat(60_000)}\n`)).reduce((buffer, entry) => appendLog(buffer, [entry]), emptyLog('x'));
	t.true(wide.characters <= logLimits.characters);
	t.is(
		wide.characters,
		wide.entries.reduce((sum, {log}) => sum + log.length, 0),
	);
});

test('a line that was split is one line again', t => {
	const joined = appendLog(appendLog(emptyLog('x'), [line('first '), line('half ')]), [line('end\n'), line('next\n')]);
	t.deepEqual(
		joined.entries.map(({log}) => log),
		['first half end\n', 'next\n'],
	);
});

test('the log of another container is not taken for this one’s', t => {
	t.is(after(home, {type: 'log', id: 'other', entries: sampleLog}), home);
});
