import test from 'ava';
import {splitWords} from '../../../source/console/actions/shell.ts';
import {bindings, findBinding, isBound, scopes} from '../../../source/console/keys/table.ts';
import {selectedContainer} from '../../../source/console/store/select.ts';
import {createConsole, settled} from '../../helpers/console.ts';

test('lower case looks, upper case changes: no small letter reaches the engine', t => {
	const {press, calls, store} = createConsole();
	for (const letter of 'abcdefghijklmnoprtuvwxyz') {
		press(letter, '\u001B', '\u001B', '\u001B');
		t.is(store.getState().overlay, undefined, letter);
	}
	t.deepEqual(calls, []);
});

test('stop asks first; y does it to the container that was chosen', t => {
	const {press, calls, web} = createConsole();
	press('S', 'y');
	t.deepEqual(calls, [`stop ${web}`]);
});

test('Enter alone never destroys, n and Esc leave it', t => {
	const {press, calls, store} = createConsole();
	for (const keys of [
		['S', '\r'],
		['R', '\r'],
		['K', '\r'],
		['S', 'n'],
		['D', '\u001B'],
		['D', '\r'],
	]) {
		press(...keys);
		t.is(store.getState().overlay, undefined, keys.join());
	}
	t.deepEqual(calls, []);
});

test('removing what runs wants its name typed', async t => {
	const {press, calls, web, store} = createConsole();
	press('D', 'y', '\r');
	t.is(store.getState().overlay?.kind, 'confirm');
	press('\u007F', 'we', '\r');
	t.deepEqual(calls, []);
	press('b', '\r');
	await settled();
	t.deepEqual(calls, [`remove ${web} true`]);
});

test('removing what has ended is one y', async t => {
	const {press, calls} = createConsole();
	press('G', 'D', 'y');
	await settled();
	t.is(calls.length, 1);
	t.regex(calls[0] ?? '', /^remove [0-9a-f]{64} false$/);
});

test('the signal picker sends what is chosen', t => {
	const {press, calls, web} = createConsole();
	press('K', 'j', 'j', '\r');
	t.deepEqual(calls, [`kill ${web} SIGKILL`]);
});

test('a paste never acts, it only fills a text box', t => {
	const {press, calls, store} = createConsole();
	press('\u001B[200~Sy\r\u001B[201~');
	t.deepEqual(calls, []);
	press('/', '\u001B[200~cache\r\n\u001B[201~');
	t.is(store.getState().lists.containers.filter, 'cache ');
});

test('answers of the terminal never act', t => {
	const {press, calls, store} = createConsole();
	press('\u001B]11;rgb:0000/0000/0000\u0007', '\u001B[?62;22c', '\u001BP1$rDy\u001B\\');
	t.deepEqual(calls, []);
	t.is(store.getState().overlay, undefined);
});

test('a filter works while it is typed; Esc clears it, Enter keeps it', t => {
	const {press, store} = createConsole();
	press('/', 'jo');
	t.is(selectedContainer(store.getState())?.name, 'job');
	press('\r');
	t.is(store.getState().lists.containers.filter, 'jo');
	press('\u001B');
	t.is(store.getState().lists.containers.filter, '');
});

test('Esc unwinds one step and never quits; q quits at the root only', t => {
	const {press, calls, store} = createConsole();
	press('l', '/', 'GET', '\r');
	t.is(store.getState().view, 'log');
	press('\u001B');
	t.is(store.getState().logLook.search, '');
	press('\u001B');
	t.is(store.getState().view, 'home');
	press('\u001B', '\u001B');
	t.deepEqual(calls, []);
	press('v', 'q');
	t.is(store.getState().view, 'home');
	press('q');
	t.deepEqual(calls, ['quit']);
});

test('search in a log goes to the match and shows what stands around it', t => {
	const {press, store} = createConsole();
	press('4', '/', 'timed out', '\r');
	const {match, top} = store.getState().logLook;
	t.is(match, 53);
	t.true(top !== undefined && top <= 53);
	press('N');
	t.is(store.getState().logLook.match, 44);
	press('n');
	t.is(store.getState().logLook.match, 53);
});

test('the palette does by name what a key does, to whom it is told', t => {
	const {press, calls, store} = createConsole();
	press(':', 'pause', '\r');
	press(':', 'pause cache', '\r');
	t.regex(calls.join('\n'), /^pause [0-9a-f]{64}\nunpause [0-9a-f]{64}$/);
	press(':', 'theme light', '\r');
	t.is(store.getState().theme, 'light');
});

test('gg goes to the top, G to the bottom', t => {
	const {press, store} = createConsole();
	press('G');
	t.is(selectedContainer(store.getState())?.name, 'worker');
	press('gg');
	t.is(selectedContainer(store.getState())?.name, 'job');
});

test('an act on a container that is gone is refused by name', t => {
	const {press, calls, store} = createConsole();
	press('S');
	store.dispatch({type: 'lists', containers: []});
	press('y');
	t.deepEqual(calls, []);
	t.regex(store.getState().message?.text ?? '', /web is not there any more/);
});

test('every key means one thing in one place', t => {
	for (const scope of scopes) {
		for (const binding of bindings.filter(found => isBound(found, scope))) {
			for (const key of binding.keys) t.is(findBinding(key, scope)?.name, binding.name, `${key} in ${scope}`);
		}
	}
});

test('splitWords() splits as a shell does', t => {
	t.deepEqual(splitWords('ls -la  "a b" \'c d\' e\\ f'), ['ls', '-la', 'a b', 'c d', 'e f']);
	t.deepEqual(splitWords('  '), []);
});
