import test from 'ava';
import type {EnginePort, LogEntry, LogRequest} from '../../../source/console/store/engine-port.ts';
import {appendLog, emptyLog, logEnd, startOf} from '../../../source/console/store/log-buffer.ts';
import {createLogPages} from '../../../source/console/store/log-pages.ts';
import {createStore} from '../../../source/console/store/store.ts';
import {waitFor} from '../../helpers/cli.ts';
import {sampleState} from '../../frames/sample.ts';

const count = 60_000;
/** Seven lines were written in each instant, as a busy program's are. */
const line = (index: number): LogEntry => ({stream: 'stdout', time: new Date(1e12 + Math.floor(index / 7)).toISOString(), log: `line ${index}\n`});
const whole = Array.from({length: count}, (_, index) => line(index));

const engine = {
	async *readLogs(_: string, {since, lead = 0}: LogRequest) {
		const from = whole.findIndex(({time}) => time >= (since?.toISOString() ?? ''));
		for (let at = Math.max(0, from - lead); at < count; at += 1000) yield whole.slice(at, at + 1000);
	},
} as unknown as EnginePort;

/** The end of the log is held, and its first line looked at. */
function openEnd(held: number) {
	const store = createStore(sampleState({columns: 120, rows: 40}));
	store.dispatch({type: 'log-opened', ids: ['one'], asked: held}, {type: 'log', id: 'one', entries: whole.slice(-held)}, {type: 'log-look', look: {top: 0}});
	const pages = createLogPages(store, engine);
	store.subscribe(() => pages.look());
	return {store, pages, numbers: () => store.getState().log.entries.map(({log}) => Number(log.slice(5)))};
}

const isRun = (numbers: readonly number[]): boolean => numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1);

test('one scrolls up to the very first line, and down again to the newest, and no line is missing or twice', async t => {
	const {store, pages, numbers} = openEnd(3000);
	pages.look();
	for (let round = 0; startOf(store.getState().log) === undefined && round < 40; round++) {
		const {first} = store.getState().log;
		await waitFor('older lines', () => store.getState().log.first < first || startOf(store.getState().log) !== undefined);
		t.true(isRun(numbers()));
		store.dispatch({type: 'log-look', look: {top: store.getState().log.first}});
	}
	t.is(numbers()[0], 0);
	t.true(store.getState().log.isApart);
	t.true(numbers().length <= 10_000);
	const {log} = store.getState();
	t.is((startOf(log) ?? 0) + count, 3000, 'its lines are numbered from there');
	for (let round = 0; numbers().at(-1) !== count - 1 && round < 40; round++) {
		const end = logEnd(store.getState().log);
		store.dispatch({type: 'log-look', look: {top: end - 1}});
		await waitFor('newer lines', () => logEnd(store.getState().log) > end);
		t.true(isRun(numbers()));
	}
	store.dispatch({type: 'log-look', look: {top: logEnd(store.getState().log) - 1}});
	await waitFor('the end, which is followed again', () => store.getState().logLook.top === undefined);
});

test('a search goes on where the lines that are held end', async t => {
	const {store, pages, numbers} = openEnd(3000);
	store.dispatch({type: 'log-look', look: {top: 2500, search: 'line 12345$'}});
	t.true(await pages.find(-1));
	const {log, logLook} = store.getState();
	t.is(log.entries[(logLook.match ?? 0) - log.first]?.log, 'line 12345\n');
	t.is(logLook.match, 12_345 - (count - 3000));
	t.true(isRun(numbers()));
	store.dispatch({type: 'log-look', look: {search: 'line 50000$'}});
	t.true(await pages.find(1));
	t.is(store.getState().logLook.match, 50_000 - (count - 3000));
	store.dispatch({type: 'log-look', look: {search: 'nowhere'}});
	t.false(await pages.find(-1));
});

test('what comes while another part is looked at is counted and not shown', t => {
	const apart = {...appendLog(emptyLog('x'), [line(1)]), isApart: true};
	const after = appendLog(apart, [line(9)]);
	t.deepEqual([after.entries.length, after.received], [1, 2]);
});
