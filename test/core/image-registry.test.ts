import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {findImage} from '../../core/image/find.ts';
import {pullImage} from '../../core/image/pull.ts';
import {makeImage, makeTar} from '../helpers/registry-image.ts';
import {skopeoCopy, startRealRegistry, writeLayout, type RealRegistry} from '../helpers/registry-real.ts';
import {makeStore, type TestStore} from '../helpers/registry-store.ts';

const test = anyTest as TestFn<{store: TestStore}>;
const image = makeImage({
	layers: [
		makeTar([
			{name: 'bin/', type: '5'},
			{name: 'bin/tool', content: 'tool\n', mode: 0o755},
		]),
		makeTar([
			{name: 'etc-conf', content: 'x\n'},
			{name: 'link', type: '2', link: 'bin/tool'},
		]),
	],
});
let folder: string;
let registry: RealRegistry;
let layout: string;

test.before(async () => {
	folder = mkdtempSync(join(tmpdir(), 'hawser-test-docker-registry-'));
	registry = await startRealRegistry(folder);
	mkdirSync(join(folder, 'layout'));
	layout = writeLayout(join(folder, 'layout'), image, 'app:1');
	await skopeoCopy(layout, `docker://${registry.host}/team/app:oci`, '--preserve-digests');
	await skopeoCopy(layout, `docker://${registry.host}/team/app:docker`, '--format', 'v2s2');
	await skopeoCopy(layout, `docker://${registry.host}/team/app:zstd`, '--dest-compress-format', 'zstd');
});
test.after.always(async () => {
	await registry.close();
	rmSync(folder, {recursive: true, force: true});
});
test.beforeEach(t => {
	t.context.store = makeStore();
});
test.afterEach.always(t => t.context.store.close());

const inspectDigest = (name: string): string => execFileSync('skopeo', ['inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${name}`], {encoding: 'utf8'}).trim();

for (const kind of ['oci', 'docker', 'zstd']) {
	test(`an image that skopeo pushed as ${kind} is pulled with the digest that skopeo sees`, async t => {
		const {store} = t.context;
		const name = `${registry.host}/team/app:${kind}`;
		const {digest, changed} = await pullImage(store, name);
		t.true(changed);
		t.is(digest, inspectDigest(name) as typeof digest);
		const found = findImage(store, name);
		t.deepEqual([...found.diffIds] as string[], [...image.diffIds]);
		t.is(execFileSync('cat', [join(store.root, 'layers', String(found.chainIds[0]).slice(7), 'fs/bin/tool')], {encoding: 'utf8'}), 'tool\n');
		t.false((await pullImage(store, name)).changed);
		t.false((await pullImage(store, `${registry.host}/team/app@${digest}`)).changed);
	});
}

test('an unknown tag and an unknown repository are told as Docker does', async t => {
	const {store} = t.context;
	for (const name of [`${registry.host}/team/app:nope`, `${registry.host}/nobody/nothing:1`]) {
		await t.throwsAsync(pullImage(store, name), {message: new RegExp(`^manifest for ${name} not found: manifest unknown: manifest unknown`), code: 'registry.manifest-unknown'});
	}
});
