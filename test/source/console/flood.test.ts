import test from 'ava';
import {connect} from '../../../source/console/store/connect.ts';
import type {EnginePort, LogEntry, LogRequest} from '../../../source/console/store/engine-port.ts';
import {createStore} from '../../../source/console/store/store.ts';
import {waitFor} from '../../helpers/cli.ts';
import {sampleContainers, sampleState} from '../../frames/sample.ts';

const line = (number: number): LogEntry => ({stream: 'stdout', time: new Date(number).toISOString(), log: `line ${number}\n`});

test('a log that comes too fast is skimmed: its newest lines are there, and it is said', async t => {
	let number = 0;
	const asked: LogRequest[] = [];
	const engine = {
		hostName: 'lighthouse',
		listContainers: () => sampleContainers,
		listImages: () => [],
		hostSample: () => sampleState({columns: 120, rows: 40}).host?.sample,
		openHistory: () => ({last: () => undefined, read: () => [], close() {}}),
		openStats: () => ({read: () => undefined, close() {}}),
		readHistory: () => [],
		async *watchEvents() {},
		// Whoever reads it to its end never comes there.
		async *readLogs(_: string, request: LogRequest) {
			asked.push(request);
			while (!request.signal?.aborted) yield Array.from({length: 2000}, () => line(number++));
		},
	} as unknown as EnginePort;
	const store = createStore(sampleState({columns: 120, rows: 40}));
	const connection = connect(store, engine, () => {});
	t.teardown(() => connection.close());
	await waitFor('the log to be skimmed', () => store.getState().log.skimmed);
	const {received} = store.getState().log;
	await waitFor('newer lines', () => store.getState().log.received > received);
	t.true(store.getState().log.entries.length <= 10_000);
	t.true(asked.slice(1).every(({tail}) => tail !== undefined && tail <= 300));
});
