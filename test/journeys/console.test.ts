import {readFileSync} from 'node:fs';
import test from 'ava';
import {waitFor} from '../helpers/cli.ts';
import {makeStore, type TestStore} from '../helpers/store.ts';
import {cpuTime, isSane, openConsole} from './console-driver.ts';

let store: TestStore;
const ticking = 'i=0; while :; do i=$((i+1)); printf "\\033[32mtick\\033[0m %d\\n" $i; sleep 0.1; done';

test.before(async () => {
	store = await makeStore();
	await store.must('run', '-d', '--network', 'none', '--name', 'ticker', 'busybox', 'sh', '-c', ticking);
	await store.must('run', '-d', '--network', 'none', '--name', 'sleeper', '--label', 'tier=back', 'busybox', 'sh', '-c', 'trap "exit 0" TERM; sleep 100000 & wait');
	await store.run('run', '--network', 'none', '--name', 'broken', 'busybox', 'sh', '-c', 'echo it broke >&2; exit 3');
});

test.after.always(async () => {
	await store?.close();
});

test.serial('the home screen shows containers, images, charts and the log', async t => {
	const {see, row, screen, leave} = openConsole(t, store);
	await see(/● 2 running {2}○ 1 stopped/);
	await see('busybox:latest');
	t.regex(row('broken'), /Exited \(3\)/);
	await see(/CPU.*% of a core/);
	await see('Block I/O');
	await waitFor('numbers of a running container', () => /Up \d+\w +\d+\.\d/.test(row('sleeper')));
	t.is(screen.lines().length, 40);
	t.is(await leave(), 0);
	t.true(isSane(screen.raw()));
});

test.serial('the log of the selected container is followed, with its colours, and released by moving up', async t => {
	const {see, press, gone, screen} = openConsole(t, store);
	await see('ticker');
	press('/', 'ticker', '<enter>');
	// More than the pane can show: what fits whole has nothing to move up to.
	await see(/tick [3-9]\d/);
	t.true(screen.raw().includes('\u001B[0;32mtick'));
	await see('● following');
	press('4', 'k', 'k');
	await see(/line \d+ of \d+|lines from the end/);
	press('G');
	await see('● following');
	press('l', '/', 'tick 1', '<enter>');
	await see('“tick 1”');
	press('<esc>', '<esc>');
	await gone('“tick 1”');
	await see('Containers');
});

test.serial('what another program does appears by itself, and how soon is told', async t => {
	const {see, screen} = openConsole(t, store);
	await see('sleeper');
	for (const round of [1, 2, 3]) {
		await store.must('create', '--network', 'none', '--name', `other${round}`, 'busybox', 'true');
		const done = performance.now();
		await waitFor('the new container', () => screen.text().includes(`other${round}`));
		t.log(`seen ${(performance.now() - done).toFixed(0)} ms after the other program had ended`);
	}
	await store.must('rm', 'other1', 'other2', 'other3');
	await waitFor('them to go', () => !screen.text().includes('other'));
	t.pass();
});

test.serial('stop asks, counts down, and the row tells the end; start brings it back', async t => {
	const {see, press, row, gone} = openConsole(t, store);
	await see('sleeper');
	press('/', 'sleeper', '<enter>');
	await see(/Stats · sleeper/);
	press('S');
	await see('Stop sleeper?');
	press('<enter>');
	await gone('Stop sleeper?');
	t.regex(row('sleeper'), /Up/);
	press('S', 'y');
	await waitFor('its end', () => /Exited \(\d+\)/.test(row('sleeper')));
	press('U');
	await waitFor('it to run', () => /Up/.test(row('sleeper')));
	press('P');
	await waitFor('it to be paused', () => /Paused/.test(row('sleeper')));
	press('P');
	await waitFor('it to run', () => /Up/.test(row('sleeper')));
	press('R', 'y');
	await waitFor('it to run anew', () => /Up [0-3]s/.test(row('sleeper')));
});

test.serial('the grace of a stop is counted down, and kill sends the chosen signal', async t => {
	await store.must('run', '-d', '--network', 'none', '--name', 'stubborn', 'busybox', 'sh', '-c', 'trap "" TERM; while :; do sleep 1; done');
	const {see, press, row} = openConsole(t, store);
	await see('stubborn');
	press('/', 'stubborn', '<enter>');
	await see(/Stats · stubborn/);
	press('S', 'y');
	await see(/SIGKILL in \d s/);
	press('K');
	await see('Signal to stubborn');
	press('jj', '<enter>');
	await waitFor('its end', () => /Exited \(137\)/.test(row('stubborn')));
	await see(/Exited with 137 \(SIGKILL\)/);
	press('D');
	await see('Remove stubborn?');
	press('y');
	await waitFor('it to go', () => row('stubborn') === '');
	t.regex(await store.must('ps', '-a'), /sleeper/);
	t.notRegex(await store.must('ps', '-a'), /stubborn/);
});

test.serial('removing what runs wants its name', async t => {
	await store.must('run', '-d', '--network', 'none', '--name', 'precious', 'busybox', 'sleep', '1000');
	const {see, press, row} = openConsole(t, store);
	await see('precious');
	press('/', 'precious', '<enter>');
	await see(/Stats · precious/);
	press('D');
	await see('Type precious');
	press('y', '<enter>');
	t.regex(row('precious'), /Up/);
	press('<backspace>', 'precious', '<enter>');
	await waitFor('it to go', () => row('precious') === '');
	t.notRegex(await store.must('ps', '-a'), /precious/);
});

test.serial('a shell in a pane is a real terminal; Ctrl-] leaves it, exit closes it', async t => {
	const {see, press, gone, screen} = openConsole(t, store);
	await see('ticker');
	press('/', 'ticker', '<enter>');
	await see(/Stats · ticker/);
	press('s');
	await see('Shell · ticker');
	await see(/[#$] /);
	press('echo $((6*7)) `tty` `stty size`', '<enter>');
	await see(/42 \/dev\/pts\/\d+ \d+ \d+/);
	screen.resize(160, 50);
	await see('PLATFORM');
	await waitFor('the shell to have its new size', async () => {
		press('stty size', '<enter>');
		await new Promise(resolve => setTimeout(resolve, 300));
		return /31 84/.test(screen.text());
	});
	await see(/31 84/);
	press('<ctrl-]>');
	await see('Enter to type');
	press('1');
	await see('Shell · ticker');
	press('9', '<enter>', 'exit', '<enter>');
	await gone('Shell · ticker');
	press('e', 'cat /etc/hostname', '<enter>');
	await see(/ended with 0/);
	press('x');
	await gone('cat /etc/hostname');
	t.pass();
});

test.serial('a shell has its past, by keys and by the wheel, and its program gets the mouse that it asked for', async t => {
	const {see, gone, press, screen, leave} = openConsole(t, store);
	await see('sleeper');
	press('/', 'sleeper', '<enter>');
	await see(/Stats · sleeper/);
	press('s');
	await see('Shell · sleeper');
	await see(/[#$] +│/);
	press('seq 1001 1200<enter>');
	await see(/1200 +│/);
	press('<ctrl-]>');
	await see('Enter to type');
	press('k', 'k', 'k');
	await see('3 lines up');
	press('g', 'g');
	await see(/1001 +│/);
	press('G');
	await gone('lines up');
	press('<enter>', "printf '\\033[?1002h\\033[?1006h'; cat -v<enter>");
	await waitFor('the terminal to be asked for the mouse', () => screen.raw().includes('\u001B[?1002h'));
	const row = screen.lines().findIndex(line => line.includes('9 Shell'));
	const column = screen.lines()[row]?.indexOf('9 Shell') ?? 0;
	// Its upper left cell lies one row below, and two columns before the digit.
	screen.type(`\u001B[<0;${column - 1};${row + 2}M`);
	press('<enter>');
	await see('^[[<0;1;1M');
	press('<ctrl-c>');
	// What is typed together with it would be thrown away with it.
	await see(/\^C *│[^]*# +│/);
	press("printf '\\033[?1002l'<enter>");
	await waitFor('the mouse to be the terminal’s again', () => screen.raw().lastIndexOf('\u001B[?1002l') > screen.raw().lastIndexOf('\u001B[?1002h'));
	press('exit<enter>');
	await gone('Shell · sleeper');
	await leave();
	t.true(isSane(screen.raw()));
});

test.serial('inspect, events, help and palette open and close', async t => {
	const {see, press, gone} = openConsole(t, store);
	await see('ticker');
	press('i');
	await see(/▾ State/);
	await see(/Running +true/);
	press('<esc>', '5');
	await see(/container +(start|die|create) /);
	press('q', '?');
	await see('attach to its main process');
	press('<esc>');
	await gone('attach to its main process');
	press(':');
	await see('Palette');
	press('theme light', '<enter>');
	await gone('Palette');
	press(':', 'theme auto', '<enter>');
	t.pass();
});

test.serial('two marked containers are stopped by one question', async t => {
	await Promise.all(['pair1', 'pair2'].map(name => store.must('run', '-d', '--network', 'none', '--name', name, 'busybox', 'sleep', '1000')));
	const {see, press, row} = openConsole(t, store);
	await see('pair2');
	press('/', 'pair', '<enter>', 'gg', '*');
	await see('2 marked');
	press('S');
	await see('Stop 2 containers?');
	press('y');
	await waitFor('both to end', () => /Exited/.test(row('pair1')) && /Exited/.test(row('pair2')), 40_000);
	press('*', 'D');
	await see('Remove 2 containers?');
	press('y');
	await waitFor('both to go', () => row('pair1') === '' && row('pair2') === '');
	t.regex(readFileSync(`${store.root}/audit.jsonl`, 'utf8'), /"verb":"removing","kind":"container","id":"[0-9a-f]{64}","name":"pair1","result":"done"/);
});

test.serial('the page of a container: why it died, its files, its processes', async t => {
	const {see, press} = openConsole(t, store);
	await see('broken');
	press('/', 'broken', '<enter>');
	await see(/Stats · broken/);
	press('v');
	await see(/Exit code +3/);
	await see('it broke');
	press('<esc>', '/', 'ticker', '<enter>');
	await see(/Stats · ticker/);
	press('f');
	await see(/▸ etc/);
	press('/', 'etc', '<enter>', '<enter>');
	await see(/hostname/);
	press('<esc>', 't');
	await see(/sleep 0\.1/);
	t.pass();
});

test.serial('a shell whose line is lost is found again by the next console, with what it had said', async t => {
	const first = openConsole(t, store);
	await first.see('ticker');
	first.press('/', 'ticker', '<enter>');
	await first.see(/Stats · ticker/);
	first.press('s');
	await first.see(/[#$] /);
	first.press('MARK=$((6*7)); echo mark $MARK', '<enter>');
	await first.see('mark 42');
	first.screen.kill('SIGHUP');
	await first.screen.exit;
	const second = openConsole(t, store);
	await second.see('ticker');
	second.press('9');
	await second.see(/Sessions/);
	await second.see(/ticker +sh/);
	second.press('<enter>');
	await second.see('mark 42');
	second.press('echo still $MARK', '<enter>');
	await second.see('still 42');
	second.press('exit', '<enter>');
	await second.see(/ended with 0/);
	t.pass();
});

test.serial('limits are changed live by a form that shows its command', async t => {
	const {see, press} = openConsole(t, store);
	await see('ticker');
	press('/', 'ticker', '<enter>');
	await see(/Stats · ticker/);
	press('L');
	await see('Limits of ticker, live');
	press('48m');
	await see(/hawser update --memory 48m --memory-swap 96m/);
	press('<enter>');
	await waitFor('the limit', async () => (await store.must('inspect', '-f', '{{.HostConfig.Memory}}', 'ticker')).trim() === String(48 * 2 ** 20));
	t.pass();
});

test.serial('it works at 60x15, with tabs; at 20x5 it says what it needs and waits', async t => {
	const {see, press, screen, leave} = openConsole(t, store, {columns: 60, rows: 15});
	await see(/1 Containers.*2 Images.*3 Stats.*4 Logs/);
	press('3');
	await see('CPU');
	press('2');
	await see('REPOSITORY:TAG');
	screen.resize(20, 5);
	await see(/Hawser needs 60x15/);
	t.true(screen.lines().length <= 5);
	screen.resize(120, 40);
	await see('Block I/O');
	press('1');
	t.is(await leave(), 0);
});

test.serial('a resize storm leaves the screen whole', async t => {
	const {see, screen} = openConsole(t, store);
	await see('ticker');
	for (let round = 0; round < 60; round++) screen.resize(60 + ((round * 37) % 140), 15 + ((round * 11) % 45));
	screen.resize(110, 30);
	await see(/● \d running/);
	await see(/^╰─.*─╯╰─.*─╯$/m);
	t.is(screen.lines().filter(line => line.startsWith('╭')).length, 2);
	t.regex(screen.lines()[0] ?? '', /\d\d:\d\d:\d\d ?$/);
});

for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
	test.serial(`the terminal is sane after ${signal}`, async t => {
		const {see, screen} = openConsole(t, store);
		await see('ticker');
		process.kill(screen.pid, signal);
		const {exitCode} = await screen.exit;
		t.is(exitCode, signal === 'SIGTERM' ? 143 : 129);
		t.true(isSane(screen.raw()));
	});
}

test.serial('how it was left is remembered', async t => {
	const env = {XDG_CONFIG_HOME: `${store.folder}/remembered`};
	const first = openConsole(t, store, {env});
	await first.see('broken');
	first.press('a', 'o', 'j', '<enter>');
	await first.see('1 hidden');
	t.is(await first.leave(), 0);
	const second = openConsole(t, store, {env});
	await second.see('ticker');
	await second.see('1 hidden');
	second.press('a', 'o', 'k', '<enter>');
	await second.see('broken');
	t.is(await second.leave(), 0);
});

test.serial('without a terminal, or with one that cannot draw, it says so', async t => {
	const {code, stderr, stdout} = await store.runWith({env: {TERM: 'xterm'}});
	t.regex(stdout + stderr, /Usage|terminal/);
	t.true(code === 0 || code === 1);
	const dumb = store.pty([], {env: {TERM: 'dumb'}});
	t.is((await dumb.exit).exitCode, 1);
	t.regex(dumb.text(), /cannot draw on a terminal of the type "dumb"/);
});

test.serial('CI in the environment changes nothing', async t => {
	const {see, screen} = openConsole(t, store, {env: {CI: 'false'}});
	await see('ticker');
	t.true(screen.raw().includes('\u001B[0;38;2;'));
});

test.serial('at rest it costs little', async t => {
	const {see, screen} = openConsole(t, store, {columns: 200, rows: 50});
	await see('ticker');
	screen.type('/sleeper\r');
	await see(/Stats · sleeper/);
	await new Promise(resolve => setTimeout(resolve, 2000));
	const [cpu, bytes] = [cpuTime(screen.pid), screen.raw().length];
	await new Promise(resolve => setTimeout(resolve, 5000));
	const share = (cpuTime(screen.pid) - cpu) / 50;
	const rate = (screen.raw().length - bytes) / 5;
	t.log(`${share.toFixed(1)} % of a core, ${rate.toFixed(0)} B/s`);
	// CPU is the benchmark's to judge; a console that redraws whole frames each second would send ten times this.
	t.true(rate < 4096);
});
