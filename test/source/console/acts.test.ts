import test from 'ava';
import {useKeys} from '../../../source/console/keys/table.ts';
import {selectedContainer} from '../../../source/console/store/select.ts';
import {sampleContainers} from '../../frames/sample.ts';
import {createConsole, settled} from '../../helpers/console.ts';

const idOf = (name: string): string => sampleContainers.find(container => container.name === name)?.id ?? '';

test('marked containers are stopped by one question that names them all', async t => {
	const {press, calls, store} = createConsole();
	press('gg', ' ', ' ');
	t.is(store.getState().lists.containers.marks.size, 2);
	press('S');
	const {overlay} = store.getState();
	t.is(overlay?.kind === 'confirm' && overlay.question, 'Stop 2 containers?');
	t.regex(overlay?.kind === 'confirm' ? overlay.details.join() : '', /(job, logger|logger, job)/);
	press('y');
	await settled();
	t.deepEqual(calls.toSorted(), [`stop ${idOf('logger')}`, `stop ${idOf('job')}`].toSorted());
	t.is(store.getState().lists.containers.marks.size, 0);
});

test('marks that a filter hides are counted and meant', t => {
	const {press, store} = createConsole();
	press('gg', '*');
	press('/', 'web', '\r', 'R');
	const {overlay} = store.getState();
	t.true(overlay?.kind === 'confirm' && overlay.details.some(text => text.includes('5 of them are hidden by the filter')));
	// More than five at once: their number is to be typed.
	t.is(overlay?.kind === 'confirm' && overlay.expect, '6');
});

test('Ctrl-Space marks from the last mark to here', t => {
	const {press, store} = createConsole();
	press('gg', ' ', 'j', '\u0000');
	t.is(store.getState().lists.containers.marks.size, 3);
	press('\u001B');
	t.is(store.getState().lists.containers.marks.size, 0);
});

test('a protected container asks for its name, whatever is done to it', async t => {
	const {press, calls, store} = createConsole({protected: ['we*']});
	press('S', 'y', '\r');
	t.deepEqual(calls, []);
	t.is(store.getState().overlay?.kind, 'confirm');
	press('\u007F', 'web', '\r');
	await settled();
	t.deepEqual(calls, [`stop ${idOf('web')}`]);
	press('K');
	t.regex(store.getState().message?.text ?? '', /web is protected/);
});

test('read-only: no act is reached by key or by palette', async t => {
	const {press, calls, store} = createConsole({readOnly: true});
	for (const key of 'SURPKALDseZC') press(key, '\u001B');
	press(':', 'stop web', '\r');
	await settled();
	t.deepEqual(calls, []);
	press('l');
	t.is(store.getState().view, 'log');
});

test('a removal waits and can be called back', async t => {
	const {press, calls, store} = createConsole({undoSeconds: 30});
	press('G', 'D', 'y');
	await settled();
	t.is(store.getState().tasks.size, 1);
	press('Z');
	await settled();
	t.is(store.getState().tasks.size, 0);
	t.deepEqual(calls, []);
});

test('what fails is said, by its own sentence, and the others go on', async t => {
	const {press, store} = createConsole({}, call => (call.includes(idOf('job')) ? new Error('the disk is full') : undefined));
	press('gg', ' ', ' ', 'S', 'y');
	await settled();
	t.is(store.getState().message?.text, 'the disk is full.');
	t.is(store.getState().tasks.size, 0);
});

test('stop without a question, where the settings say so', async t => {
	const {press, calls, web} = createConsole({confirmStop: false});
	press('S');
	await settled();
	t.deepEqual(calls, [`stop ${web}`]);
});

test('the page of a container stays on it: acts are for it, wherever the cursor has gone', async t => {
	const {press, calls, store, web} = createConsole();
	press('i');
	store.dispatch({type: 'selected', list: 'containers', id: idOf('job')});
	t.is(selectedContainer(store.getState())?.id, web);
	press('S', 'y');
	await settled();
	t.deepEqual(calls, [`stop ${web}`]);
});

test('limits: the form shows the command and runs just that', async t => {
	const {press, calls, store} = createConsole();
	press('gg', 'L');
	t.is(store.getState().overlay?.kind, 'form');
	press('\u0015', '128m', '\t', '\t', '\u0015', '2', '\r');
	await settled();
	t.deepEqual(calls, [`update --memory 128m --cpus 2 --memory-swap 256m ${idOf('job').slice(0, 12)}`]);
});

test('limits that were not changed are left alone', async t => {
	const {press, calls} = createConsole();
	press('gg', 'L', '\r');
	await settled();
	t.deepEqual(calls, []);
});

test('a new container of an image, by a form', async t => {
	const {press, calls} = createConsole();
	press('2', 'gg', 'j', 'N', 'shop', '\t', '8080:80 8443:443', '\r');
	await settled();
	t.deepEqual(calls, ['run -d --name shop --publish 8080:80 --publish 8443:443 busybox:latest']);
});

test('copy offers what one may want elsewhere; the first is the name', t => {
	const {press, calls} = createConsole();
	press('c', '\r');
	press('y', 'j', '\r');
	t.deepEqual(calls, ['copy web', `copy ${idOf('web')}`]);
});

test('a range of log lines is chosen by keyboard and copied', t => {
	const {press, calls} = createConsole();
	press('l', 'gg', 'V', 'j', 'j', 'c');
	t.is(calls.length, 1);
	t.is(calls[0]?.split('\n').length, 3);
});

test('logs of marked containers are read as one', t => {
	const {press, store} = createConsole();
	press('gg', ' ', ' ', 'l');
	const {page} = store.getState();
	t.deepEqual(page?.merged?.map(({name}) => name).sort(), ['job', 'logger']);
});

test('digits in a log that fills the screen are its windows, elsewhere they are views', t => {
	const {press, store} = createConsole();
	press('l', '1');
	t.is(store.getState().logRange.kind, 'head');
	press('3');
	t.is(store.getState().logRange.kind, 'since');
	press('q', '6');
	t.is(store.getState().page?.tab, 'system');
	press('-');
	t.is(store.getState().page?.tab, 'logs');
});

test('other keys for an act take effect, and are taken from what had them', async t => {
	const {press, calls, web} = createConsole({confirmStop: false});
	useKeys(
		new Map([
			['stop', ['X']],
			['zoom', ['S']],
		]),
	);
	t.teardown(() => useKeys(new Map()));
	press('S');
	await settled();
	t.deepEqual(calls, []);
	press('X');
	await settled();
	t.deepEqual(calls, [`stop ${web}`]);
});

test('Tab in the palette completes the act, then the names in turn', t => {
	const {press, store} = createConsole();
	const typed = (): string => {
		const {overlay} = store.getState();
		return overlay?.kind === 'palette' ? overlay.text : '';
	};
	press(':', 'sto', '\t');
	t.is(typed(), 'stop ');
	press('w', '\t');
	t.is(typed(), 'stop web');
	press('\t');
	t.is(typed(), 'stop worker');
});
