import test from 'ava';
import {makeStore, type TestStore} from '../helpers/store.ts';

let store: TestStore;
test.before(async () => {
	store = await makeStore();
});
test.after.always('nothing is left behind', () => store.close());

test('what scripts set for a daemon of this host changes nothing', async t => {
	for (const env of [{}, {DOCKER_HOST: 'unix:///var/run/docker.sock'}, {DOCKER_CONTEXT: 'default'}, {DOCKER_API_VERSION: '1.41'}])
		t.is((await store.runWith({env}, '-H', 'unix:///var/run/docker.sock', '--context', 'default', '--log-level=error', '-D', '--tls=false', 'ps', '-q')).code, 0);
});

test('another host is refused before anything is done here', async t => {
	for (const verb of ['ps', 'info']) {
		const {code, stderr} = await store.runWith({env: {DOCKER_HOST: 'ssh://elsewhere'}}, verb);
		t.is(code, 1);
		t.regex(stderr, /works on this host only, and DOCKER_HOST is "ssh:\/\/elsewhere"/);
	}
	t.regex((await store.runWith({env: {DOCKER_CONTEXT: 'prod'}}, 'ps')).stderr, /hawser has no contexts/);
	for (const flags of [['-H', 'tcp://elsewhere:2376'], ['--context', 'prod'], ['--tlsverify']]) {
		const {code, stderr} = await store.run(...flags, 'ps');
		t.is(code, 125);
		t.regex(stderr, /hawser (works on this host only|has no contexts)/);
	}
});

test('commands of docker that are not there say so, and what to do', async t => {
	for (const line of ['build .', 'buildx build .', 'image build .', 'compose up', 'swarm init', 'context ls', 'plugin ls']) {
		const {code, stderr} = await store.run(...line.split(' '));
		t.is(code, 1, line);
		t.regex(stderr, /is a command of docker that hawser does not have\nHint: /);
	}
});

test('DOCKER_DEFAULT_PLATFORM is the platform of a container', async t => {
	const {code, stderr} = await store.runWith({env: {DOCKER_DEFAULT_PLATFORM: 'linux/s390x'}}, 'create', '--pull', 'never', 'busybox', 'true');
	t.is(code, 1);
	t.regex(stderr, /does not match the specified platform: wanted linux\/s390x, actual: linux\//);
});

test('inspect repeats mounts as they were asked for', async t => {
	const {id, inspect} = await created([
		'-v',
		'data:/v',
		'-v',
		'/opt:/o:ro',
		'--tmpfs',
		'/t:size=1m',
		'--mount',
		'type=tmpfs,dst=/m,tmpfs-size=1m,tmpfs-mode=700',
		'--mount',
		'type=volume,src=other,dst=/w,volume-nocopy,volume-label=a=b',
	]);
	t.deepEqual(JSON.parse(await inspect('{{json .HostConfig.Binds}}')), ['data:/v', '/opt:/o:ro']);
	t.deepEqual(JSON.parse(await inspect('{{json .HostConfig.Tmpfs}}')), {'/t': 'size=1m'});
	t.deepEqual(JSON.parse(await inspect('{{json .HostConfig.Mounts}}')), [
		{Type: 'tmpfs', Target: '/m', TmpfsOptions: {SizeBytes: 1048576, Mode: 448}},
		{Type: 'volume', Source: 'other', Target: '/w', VolumeOptions: {NoCopy: true, Labels: {a: 'b'}}},
	]);
	t.is(await inspect('{{range .Mounts}}{{.Type}}:{{.Name}}:{{.Destination}}:{{.Mode}};{{end}}'), 'volume:data:/v:z;bind::/o:ro;tmpfs::/m:;volume:other:/w:z;');
	await store.run('rm', '-f', id);
});

test('templates see what Go’s structs are in Docker', async t => {
	const {id, inspect} = await created([
		'-p',
		'127.0.0.1:18080:80',
		'--expose',
		'90-91/udp',
		'--restart',
		'on-failure:3',
		'--device',
		'/dev/null:/dev/hole',
		'--health-cmd',
		'true',
		'--health-interval',
		'90s',
		'--ulimit',
		'nofile=10:20',
		'--label',
		'a=b',
	]);
	const rows: ReadonlyArray<readonly [format: string, text: string]> = [
		['{{.HostConfig.RestartPolicy}}', '{on-failure 3}'],
		['{{.HostConfig.PortBindings}}', 'map[80/tcp:[{127.0.0.1 18080}]]'],
		['{{(index (index .HostConfig.PortBindings "80/tcp") 0).HostPort}}', '18080'],
		['{{index .HostConfig.PortBindings "81/tcp"}}', '<no value>'],
		['{{.HostConfig.Devices}} {{.HostConfig.Ulimits}}', '[{/dev/null /dev/hole rwm}] [nofile=10:20]'],
		['{{.Config.ExposedPorts}}', 'map[80/tcp:{} 90/udp:{} 91/udp:{}]'],
		['{{.Config.Healthcheck.Interval}} {{.HostConfig.PidsLimit}}', '1m30s <nil>'],
		['{{.ID}}', id],
		['{{.Id}}', id],
		['{{index .Config.Labels "zz"}}|{{.HostConfig.NanoCPUs}}', '|0'],
		['{{json .HostConfig.RestartPolicy}}', '{"Name":"on-failure","MaximumRetryCount":3}'],
		['a\\tb', 'a\\tb'],
	];
	for (const [format, text] of rows) t.is(await inspect(format), text, format);
	const {code, stderr} = await store.run('inspect', '-f', '{{(index (index .NetworkSettings.Ports "99/tcp") 0).HostPort}}', id);
	t.is(code, 1);
	t.regex(stderr, /:1:3: executing "" at <index \(index \.NetworkSettings\.Ports "99\/tcp"\) 0>: error calling index: index of untyped nil/);
	await store.run('rm', '-f', id);
});

test('system df -v speaks JSON and templates', async t => {
	const {id} = await created(['-v', 'sized:/v']);
	const use = JSON.parse((await store.run('system', 'df', '-v', '--format', 'json')).stdout) as Record<string, Array<Record<string, unknown>>>;
	t.deepEqual(Object.keys(use), ['Images', 'Containers', 'Volumes', 'BuildCache']);
	t.true(use['Containers']?.some(({ID}) => ID === id.slice(0, 12)));
	t.regex((await store.run('system', 'df', '-v', '--format', '{{range .Volumes}}{{.Name}} {{.Links}};{{end}}')).stdout, /sized 1;/);
	await store.run('rm', '-f', id);
});

test('rm --link takes a link away, and no container', async t => {
	const target = await created([]);
	const {id} = await created(['--link', `${target.id}:db`]);
	const links = async (): Promise<string> => (await store.run('inspect', '-f', '{{json .HostConfig.Links}}', id)).stdout.trim();
	t.regex(await links(), /:\/[^:]+\/db"/);
	t.regex((await store.run('rm', '--link', id)).stderr, /Conflict, cannot remove the default link name of the container/);
	t.is((await store.run('rm', '--link', `${id}/nope`)).code, 1);
	t.is((await store.run('rm', '--link', `${id}/db`)).code, 0);
	t.is(await links(), 'null');
	await store.run('rm', '-f', id, target.id);
});

test('events to an end that is years away go on', async t => {
	await t.throwsAsync(store.runWith({timeoutMs: 1500}, 'events', '--until', '2099-01-01', '--filter', 'container=nobody'), {message: /did not end; it said:\n$/});
});

async function created(flags: readonly string[]): Promise<{readonly id: string; readonly inspect: (format: string) => Promise<string>}> {
	const made = await store.run('create', ...flags, 'busybox', 'true');
	const id = made.stdout.trim();
	if (made.code !== 0) throw new Error(made.stderr);
	return {id, inspect: async format => (await store.run('inspect', '-f', format, id)).stdout.replace(/\n$/, '')};
}
