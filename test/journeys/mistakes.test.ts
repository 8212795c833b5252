import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {runProgram} from '../helpers/cli.ts';
import {makeStore, type TestStore} from '../helpers/store.ts';

let store: TestStore;
test.before(async () => {
	store = await makeStore();
	await store.must('create', '--name', 'taken', '--network', 'none', 'busybox', 'true');
});
test.after.always('nothing is left behind', () => store.close());

/** Words, exit code, and what is said about it. */
const mistakes: ReadonlyArray<readonly [line: string, code: number, sentence: RegExp]> = [
	['ps --bogus', 125, /^unknown flag: --bogus\n\nUsage: {2}hawser ps \[OPTIONS\]\n\nRun 'hawser ps --help' for more information$/],
	['run -Z x', 125, /^unknown shorthand flag: 'Z' in -Z/],
	['bogus', 1, /^hawser: unknown command: hawser bogus/],
	['container bogus', 1, /unknown command: hawser container bogus/],
	['stop', 1, /'hawser stop' requires at least 1 argument/],
	['ps extra', 1, /'hawser ps' accepts no arguments/],
	['rename a', 1, /requires 2 arguments/],
	['ps -n x', 125, /strconv\.ParseInt: parsing "x": invalid syntax/],
	['run -m 12x busybox true', 125, /invalid argument "12x" for "-m, --memory" flag: invalid suffix: 'x'/],
	['run -m 1m busybox true', 125, /Minimum memory limit allowed is 6MB/],
	['run --cpus 9999 busybox true', 125, /as there are only \d+ CPUs available/],
	['run -p 99999:1 busybox true', 125, /invalid hostPort: 99999/],
	['run -v :x busybox true', 125, /invalid volume specification/],
	['run --restart bogus busybox true', 125, /invalid restart policy 'bogus'/],
	['run --restart always --rm busybox true', 125, /cannot specify both --restart and --rm/],
	['run --pull bogus busybox true', 125, /must be one of "always", "missing" or "never"/],
	['run --pull never nosuchimage true', 125, /No such image: nosuchimage/],
	['run --name taken busybox true', 125, /Conflict\. The container name "\/taken" is already in use by container "[\da-f]{64}"/],
	['run --name a/b busybox true', 125, /Invalid container name/],
	['run --network nosuch busybox true', 125, /network nosuch not found/],
	['run -u nosuch --rm --network none busybox true', 125, /unable to find user nosuch|no such user|nosuch/],
	['run --log-driver bogus busybox true', 125, /bogus/],
	['run --rm --network none busybox no-such-program', 127, /executable file not found in \$PATH/],
	['run --rm --network none busybox /etc', 126, /permission denied/],
	['run --detach-keys nonsense busybox', 125, /invalid detach keys/],
	['logs nope', 1, /No such container: nope/],
	['inspect nope', 1, /No such object: nope/],
	['rmi nope', 1, /No such image: nope/],
	['rmi busybox', 1, /unable to|conflict|in use|using/i],
	['exec taken true', 1, /is not running/],
	['attach taken', 1, /You cannot attach to a stopped container, start it first/],
	['kill taken', 1, /is not running/],
	['kill -s BOGUS taken', 1, /[Ii]nvalid signal: BOGUS/],
	['ps --filter bogus=1', 1, /[Ii]nvalid filter 'bogus'/],
	['ps --format {{.Nope}}', 1, /can't evaluate field Nope/],
	['ps --format {{.ID', 1, /unclosed action/],
	['pull Bad/NAME', 1, /must be lowercase/],
	['pull localhost:1/x', 1, /localhost:1/],
	['load -i /nonexistent', 1, /\/nonexistent/],
	['port taken 99', 1, /No public port '99' published for taken/],
	['system prune --filter x', 125, /bad format of filter/],
];

/** Words that would mean more than they say, each as one argument: what comes of them must be nothing but a sentence. */
const hostile: ReadonlyArray<readonly [words: readonly string[], sentence: RegExp]> = [
	[['-u', '4294967296'], /uids and gids must be in range/],
	[['-u', '-1'], /invalid user/],
	[['-u', '+1'], /invalid user/],
	[['-u', '0x0'], /unable to find user|no such user/],
	[['-u', '１'], /invalid user/],
	[['-u', ':0'], /invalid user/],
	[['-u', '0:0:0'], /invalid user/],
	[['-u', 'root\nroot2'], /invalid user/],
	[['--hostname', 'a\nroot::0:0'], /invalid hostname/],
	[['--hostname', 'x'.repeat(64)], /hostname/],
	[['--domainname', 'a b'], /invalid domainname/],
	[['-e', 'A\nB=1'], /invalid environment variable/],
	[['-e', '=1'], /invalid environment variable/],
	[['-w', '/proc/self/fd/7'], /working directory/],
	[['-w', '/proc/self/../self/fd/8'], /working (directory|folder)/],
	[['--sysctl', 'kernel.shm_rmid_forced=1+kernel.core_pattern=|/x'], /./],
	[['--sysctl', 'kernel.core_pattern=x'], /is not allowed/],
	[['--sysctl', 'net.ipv4.ip_forward=1', '--network', 'host'], /is not allowed with the network of the host/],
	[['--name', '../x'], /Invalid container name/],
	[['--name', '-rf'], /Invalid container name/],
	[['--name', 'a\nb'], /Invalid container name/],
	[['--name', 'x'.repeat(300)], /Invalid container name/],
	[['-l', '\u001b]0;x=1'], /invalid label/],
	[['--annotation', 'io.hawser.user=0'], /annotation io\.hawser\.user is reserved/],
	[['--cgroup-parent', '../../x'], /cgroup/],
	[['--device', '/dev/null:/dev/../etc/x'], /invalid device specification/],
	[['--ulimit', 'nofile=1:2:3'], /too many limit value arguments/],
	[['--add-host', 'a\nb:1.2.3.4'], /./],
];

for (const [words, sentence] of hostile)
	test.serial(`run ${JSON.stringify(words.map(word => word.slice(0, 40)))} is refused`, async t => {
		const {code, stdout, stderr} = await store.run('run', '--rm', ...(words.includes('host') ? [] : ['--network', 'none']), ...words, 'busybox', 'true');
		t.is(code, 125, stdout + stderr);
		t.regex(stderr, sentence);
		t.is(stdout, '');
	});

for (const [line, code, sentence] of mistakes) {
	test.serial(`"${line}" is told in one sentence, with code ${code}`, async t => {
		const result = await store.run(...line.split(' '));
		t.regex(result.stderr.trimEnd(), sentence);
		t.is(result.code, code);
		t.notRegex(result.stderr, /\n {4}at |undefined|\[object/);
	});
}

test.serial('an archive that is none, and a half one, leave nothing', async t => {
	const path = join(store.folder, 'broken.tar');
	writeFileSync(path, 'this is no archive');
	const {code, stderr} = await store.run('load', '-i', path);
	t.is(code, 1);
	t.regex(stderr, /broken\.tar/);
	t.is(await store.must('images', '-q').then(text => text.split('\n').length), 1);
});

test.serial("every command has a help that begins as Docker's does", async t => {
	const {stdout} = await runProgram(['--help']);
	const names = [...stdout.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(match => match[1] ?? '').filter(name => name !== '');
	t.true(names.length > 25);
	for (const name of names) {
		const help = await runProgram([name, '--help']);
		t.is(help.code, 0, name);
		t.regex(help.stdout, new RegExp(`^Usage:  hawser ${name}`), name);
	}
});

test.serial('without a terminal and without a command the help is shown', async t => {
	const {code, stdout} = await runProgram([]);
	t.is(code, 0);
	t.regex(stdout, /^Usage: {2}hawser \[OPTIONS\] COMMAND/);
});

test.serial('a reader that goes away ends the program quietly', async t => {
	const {execFileSync} = await import('node:child_process');
	const {program} = await import('../helpers/cli.ts');
	t.is(execFileSync('/bin/sh', ['-c', `${program} run --help | head -1`], {encoding: 'utf8'}), 'Usage:  hawser run [OPTIONS] IMAGE [COMMAND] [ARG...]\n');
});

test.serial('completion scripts are understood by their shells', async t => {
	const {execFileSync} = await import('node:child_process');
	const {stdout} = await runProgram(['completion', 'bash']);
	const script = join(store.folder, 'completion.bash');
	writeFileSync(script, stdout);
	const complete = (line: string): string[] =>
		execFileSync(
			'/bin/bash',
			[
				'-c',
				`source ${script}; COMP_WORDS=(${line} ''); COMP_CWORD=${line.split(' ').length}; [[ '${line}' == *- ]] && { COMP_WORDS=(${line}); ((COMP_CWORD--)); }; _hawser; printf '%s\\n' "\${COMPREPLY[@]}"`,
			],
			{encoding: 'utf8'},
		).split('\n');
	t.true(complete('hawser').includes('ps'));
	t.true(complete('hawser container').includes('prune'));
	t.true(complete('hawser ps -').includes('--filter'));
	t.regex(stdout, /--network \| --net\).*hawser network ls/, 'networks after --network');
	t.regex(stdout, /'inspect'\)\n.*hawser ps -a .*hawser images .*hawser network ls .*hawser volume ls/, 'everything that has a name after inspect');
});

test.serial('the manual page tells every command and flag, and man can read it', async t => {
	const {stdout} = await runProgram(['man']);
	for (const text of ['.TH HAWSER 1', '.SS "hawser container run', '.B \\-\\-network network', '.SS "hawser container why']) t.true(stdout.includes(text), text);
	for (const line of stdout.split('\n')) if (/^[.']/.test(line)) t.regex(line, /^\.(TH|SH|SS|TP|PP|B|br)( |$)/);
});
