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
