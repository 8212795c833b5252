import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {isEngineError} from '../../core/errors/error.ts';
import {openDatabase} from '../../core/state/database.ts';
import {parseVolume} from '../../core/volume/bind.ts';
import {inspectMount, inspectVolume} from '../../core/volume/inspect.ts';
import type {VolumeStore} from '../../core/volume/model.ts';
import {parseMount} from '../../core/volume/mount.ts';
import {ociMounts} from '../../core/volume/oci.ts';
import {copyUps, resolveMounts} from '../../core/volume/point.ts';
import {parseBytes, parseMode} from '../../core/volume/size.ts';
import {volumeStore} from '../../core/volume/store.ts';
import {volumeTables} from '../../core/volume/tables.ts';
import {parseTmpfs} from '../../core/volume/tmpfs.ts';
import {createVolume, pruneVolumes, removedFolders, removeVolume, resolveVolume, volumePath} from '../../core/volume/volume.ts';

const withStore = (work: (store: VolumeStore, root: string) => void): void => {
	const root = mkdtempSync(join(tmpdir(), 'hawser-volume-'));
	const db = openDatabase(join(root, 'hawser.db'), [volumeTables]);
	try {
		work(volumeStore(db), root);
	} finally {
		db.close();
		rmSync(root, {recursive: true});
	}
};

const refuses = (t: ExecutionContext, code: string, message: RegExp, work: () => unknown): void => {
	const error = t.throws(work);
	t.true(isEngineError(error, code), `${isEngineError(error) ? error.code : error}`);
	t.regex(error?.message ?? '', message);
};

const nobody = (): string[] => [];

for (const [spec, expected] of [
	['/home', 'volume  /home rw'],
	['/home/', 'volume  /home rw'],
	['/home:/home', 'bind /home /home rw bind-create-src'],
	['/home/../x//y/:/a/./b/', 'bind /x/y /a/b rw bind-create-src'],
	['/with space:/with space', 'bind /with space /with space rw bind-create-src'],
	['relative:/absolute-path', 'volume relative /absolute-path rw'],
	['name:/named3:ro', 'volume name /named3 ro'],
	['name:/foo:rW', 'volume name /foo rw'],
	['name:/foo:nocopy,ro', 'volume name /foo ro nocopy'],
	['hostPath:/containerPath:ro', 'volume hostPath /containerPath ro'],
	['/rw:/ro', 'bind /rw /ro rw bind-create-src'],
	['/hostPath:/containerPath:shared', 'bind /hostPath /containerPath rw shared bind-create-src'],
	['/hostPath:/containerPath:ro,z,shared', 'bind /hostPath /containerPath ro z shared bind-create-src'],
	['/hostPath:/containerPath:slave,ro,Z', 'bind /hostPath /containerPath ro slave Z bind-create-src'],
	['./data:/data', 'bind /srv/data /data rw bind-create-src'],
	['..:/data', 'bind / /data rw bind-create-src'],
] as const)
	test(`parseVolume() reads ${spec} as Docker does`, t => {
		const {type, source, target, readOnly, options} = parseVolume(spec, '/srv');
		t.is([type, source, target, readOnly ? 'ro' : 'rw', ...options].join(' '), expected);
	});

for (const [spec, message] of [
	['', /invalid volume specification/],
	['../', /mount path must be absolute/],
	['./', /mount path must be absolute/],
	['/:path', /mount path must be absolute/],
	['/', /destination can't be '\/'/],
	['/..', /destination can't be '\/'/],
	['name:/', /destination can't be '\/'/],
	['/path:/path:ro,rshared,rslave', /invalid mode/],
	['/path:/path:rwz', /invalid mode/],
	['/path:/path:sw', /invalid mode/],
	['/path:/path:ro,rw', /invalid mode/],
	['/path:/path:nocopy', /invalid mode/],
	['name:/absolute-path:private', /invalid mode/],
	['/path:private', /mount path must be absolute/],
	['/path:ro', /mount path must be absolute/],
	['/tmp:', /invalid volume specification/],
	['/tmp:::', /invalid volume specification/],
	[':', /invalid volume specification/],
	[':/test', /invalid volume specification/],
	[':test:', /invalid volume specification/],
	['a:/b:ro:x', /invalid volume specification/],
	['/a\n:/b', /invalid mount source/],
	['a:/b\0c', /invalid mount path/],
] as const)
	test(`parseVolume() refuses ${JSON.stringify(spec)}`, t => refuses(t, 'volume.invalid-mount', message, () => parseVolume(spec, '/srv')));

for (const spec of ['local/name:/tmp', '-x:/tmp', '.x:/tmp', 'a:/tmp', 'na me:/tmp', 'é1:/tmp', `${'x'.repeat(300)}:/tmp`])
	test(`parseVolume() refuses the volume name of ${spec.slice(0, 20)}`, t => refuses(t, 'volume.invalid-name', /only \[a-zA-Z0-9\]/, () => parseVolume(spec, '/srv')));

for (const [spec, expected] of [
	['type=bind,target=/target,source=/source', 'bind /source /target rw'],
	['type=bind,src=/source,dst=/target', 'bind /source /target rw'],
	['TYPE=bind,SRC=/source,DST=/target,readonly', 'bind /source /target ro'],
	['type=bind,src=..,dst=/target,ro=false', 'bind / /target rw'],
	['type=bind,src=/s,dst=/t,bind-propagation=rshared,bind-nonrecursive', 'bind /s /t rw rshared bind-recursive=disabled'],
	['source=name,target=/target', 'volume name /target rw'],
	['type=volume,target=/target', 'volume  /target rw'],
	['type=volume,source=name,target=/target,volume-nocopy=true,"volume-label=a=b,c"', 'volume name /target rw nocopy volume-label=a=b,c'],
	['type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=0700', 'tmpfs  /t rw tmpfs-size=1048576 tmpfs-mode=700'],
] as const)
	test(`parseMount() reads ${spec} as Docker does`, t => {
		const {type, source, target, readOnly, options} = parseMount(spec, '/srv');
		t.is([type, source, target, readOnly ? 'ro' : 'rw', ...options].join(' '), expected);
	});

for (const [spec, code, message] of [
	['', 'volume.invalid-mount', /must be a key=value pair/],
	['type=bind', 'volume.invalid-mount', /target is required/],
	['type=bind,target=/t', 'volume.invalid-mount', /source is required/],
	['type=bad,target=/t', 'volume.invalid-mount', /mount type 'bad' is not supported/],
	['type=volume,target=/t,bogus=1', 'volume.invalid-mount', /unexpected key 'bogus'/],
	['type=volume,target=/t,__proto__=1', 'volume.invalid-mount', /unexpected key/],
	['type=volume,target', 'volume.invalid-mount', /must be a key=value pair/],
	['type=bind,source=/s,target=/t,readonly=maybe', 'volume.invalid-mount', /invalid value for readonly: maybe/],
	['type=bind,source=/s,target=/t,volume-nocopy', 'volume.invalid-mount', /cannot mix 'volume-\*' options with mount type 'bind'/],
	['type=volume,target=/t,tmpfs-size=1m', 'volume.invalid-mount', /cannot mix 'tmpfs-\*'/],
	['type=bind,source=/s,target=/t,bind-propagation=x', 'volume.invalid-mount', /invalid value for bind-propagation/],
	['type=tmpfs,target=/t,tmpfs-size=much', 'volume.invalid-mount', /invalid value for tmpfs-size/],
	['type=tmpfs,target=/t,tmpfs-mode=999', 'volume.invalid-mount', /invalid value for tmpfs-mode/],
	['type=tmpfs,source=x1,target=/t', 'volume.invalid-mount', /source is not allowed/],
	['type=volume,source=n1,target=/t,volume-subpath=../a', 'volume.invalid-mount', /subpath must be a relative path within the volume/],
	['type=volume,source=n1,target=/t,volume-subpath=/a', 'volume.invalid-mount', /subpath must be a relative path/],
	['type=volume,target=/t,volume-opt=size', 'volume.invalid-mount', /must be in key=value format/],
	['type=bind,source=/s,target=/t,bind-recursive=readonly', 'volume.invalid-mount', /requires 'readonly' to be specified/],
	['type=bind,source=/s,target=/t,bind-recursive=writable', 'volume.invalid-mount', /requires 'readonly' to be specified/],
	['type=bind,source=/s,target=/t,ro,bind-recursive=readonly', 'volume.invalid-mount', /requires 'bind-propagation=rprivate'/],
	['type=bind,source=/s,target=/t,"x', 'volume.invalid-mount', /bare " in non-quoted-field/],
] as const)
	test(`parseMount() refuses ${spec || 'nothing'}`, t => refuses(t, code, message, () => parseMount(spec, '/srv')));

test('parseTmpfs() checks options, and Docker’s defaults give way to their opposites', t => {
	const options = (text: string) => ociMounts([{...parseTmpfs('/run', text), anonymous: false}])[0]?.options.join(',');
	t.is(options(''), 'noexec,nosuid,nodev,rw');
	t.is(options('ro,exec,size=64k,mode=01777,uid=5'), 'nosuid,nodev,exec,size=65536,mode=1777,uid=5,ro');
	for (const bad of ['INVALID', 'size=x', 'size', 'mode=9', 'size=1k,lowerdir=/x', 'constructor'])
		refuses(t, 'volume.invalid-mount', /invalid tmpfs option/, () => parseTmpfs('/run', bad));
	refuses(t, 'volume.invalid-mount', /must be absolute/, () => parseTmpfs('run', ''));
	t.deepEqual(
		[parseBytes('1.5g'), parseBytes('10'), parseBytes('10b'), parseBytes('-1'), parseBytes('1e3'), parseBytes('9999999t')],
		[1_610_612_736, 10, 10, undefined, undefined, undefined],
	);
	t.deepEqual([parseMode('755'), parseMode('01777'), parseMode('0o700'), parseMode('8')], ['755', '1777', '700', undefined]);
});

test('a volume is made once, found, refused removal while in use, and removed with its folder', t =>
	withStore((store, root) => {
		const volume = createVolume(store, root, {name: 'data', labels: {a: 'b'}});
		t.deepEqual(createVolume(store, root, {name: 'data'}), volume);
		t.is(statSync(volumePath(root, 'data')).mode & 0o7777, 0o755);
		writeFileSync(join(volumePath(root, 'data'), 'file'), 'x');
		refuses(t, 'volume.in-use', /remove data: volume is in use - \[web, db\]/, () => removeVolume(store, root, 'data', () => ['web', 'db']));
		const [aside] = removeVolume(store, root, 'data', nobody);
		t.false(existsSync(volumePath(root, 'data')));
		t.true(existsSync(join(aside!, '_data', 'file')));
		t.deepEqual(removedFolders(root), [aside]);
		refuses(t, 'volume.not-found', /get data: no such volume/, () => resolveVolume(store, 'data'));
		refuses(t, 'volume.not-found', /no such volume/, () => removeVolume(store, root, 'data', nobody));
		t.deepEqual(readdirSync((createVolume(store, root, {name: 'data'}), volumePath(root, 'data'))), []);
	}));

test('what a crash left under a volume’s name is not the new volume’s content', t =>
	withStore((store, root) => {
		mkdirSync(volumePath(root, 'data'), {recursive: true});
		writeFileSync(join(volumePath(root, 'data'), 'old'), 'secret');
		createVolume(store, root, {name: 'data'});
		t.deepEqual(readdirSync(volumePath(root, 'data')), []);
		t.is(removedFolders(root).length, 1);
	}));

test('a volume with a foreign driver or options is an error at once, and nothing is made', t =>
	withStore((store, root) => {
		refuses(t, 'volume.unknown-driver', /error looking up volume plugin nfs: plugin "nfs" not found/, () => createVolume(store, root, {name: 'data', driver: 'nfs'}));
		for (const [options, message] of [
			[{type: 'tmpfs'}, /missing required option: "device"/],
			[{o: 'bind'}, /missing required option: "device"/],
			[{foo: 'bar'}, /invalid option: "foo"/],
			[{size: '1g'}, /quota size requested but no quota support/],
			[{type: 'none', device: 'srv', o: 'bind'}, /a folder to bind has an absolute path/],
			[{type: '../x', device: 'y'}, /invalid type/],
		] as const)
			refuses(t, 'volume.unsupported-option', message, () => createVolume(store, root, {name: 'data', options}));
		for (const name of ['../x', 'a', '.hidden', 'a/b', 'a\0b']) refuses(t, 'volume.invalid-name', /invalid characters/, () => createVolume(store, root, {name}));
		t.deepEqual(store.volumes(), []);
		t.false(existsSync(join(root, 'volumes')));
	}));

test('pruneVolumes() takes unused anonymous volumes, named ones only when asked', t =>
	withStore((store, root) => {
		const anonymous = createVolume(store, root, {});
		const used = createVolume(store, root, {});
		createVolume(store, root, {name: 'named'});
		createVolume(store, root, {name: 'kept', labels: {keep: ''}});
		t.regex(anonymous.name, /^[0-9a-f]{64}$/);
		const usersOf = (name: string) => (name === used.name ? ['web'] : []);
		const first = pruneVolumes(store, root, {all: false, usersOf});
		t.deepEqual(
			first.volumes.map(({name}) => name),
			[anonymous.name],
		);
		t.is(first.folders.length, 1);
		const second = pruneVolumes(store, root, {all: true, usersOf, keep: volume => 'keep' in volume.labels});
		t.deepEqual(
			second.volumes.map(({name}) => name),
			['named'],
		);
		t.deepEqual(
			store
				.volumes()
				.map(({name}) => name)
				.sort(),
			[used.name, 'kept'].sort(),
		);
	}));

test('resolveMounts() makes volumes and host folders, and gives the image’s VOLUMEs anonymous ones', t =>
	withStore((store, root) => {
		const host = join(root, 'host', 'folder');
		const specs = [parseVolume(`${host}:/host:ro`), parseVolume('data:/var/lib/data'), parseMount('type=tmpfs,target=/scratch')];
		const points = resolveMounts(store, root, specs, ['/var/lib/data/', '/cache', '/cache/']);
		t.true(statSync(host).isDirectory());
		t.deepEqual(
			points.map(({type, target, anonymous}) => [type, target, anonymous]),
			[
				['bind', '/host', false],
				['volume', '/var/lib/data', false],
				['tmpfs', '/scratch', false],
				['volume', '/cache', true],
			],
		);
		t.deepEqual(
			ociMounts(points).map(({destination, source, options}) => [destination, source, options.join(',')]),
			[
				['/host', host, 'rbind,ro,rro,rprivate'],
				['/scratch', 'tmpfs', 'noexec,nosuid,nodev,rw'],
				['/cache', volumePath(root, points[3]?.name ?? ''), 'rbind,rw,rprivate'],
				['/var/lib/data', volumePath(root, 'data'), 'rbind,rw,rprivate'],
			],
		);
		t.deepEqual(inspectMount(points[0]!), {Type: 'bind', Source: host, Destination: '/host', Mode: 'ro', RW: false, Propagation: 'rprivate'});
		t.deepEqual(inspectMount(points[1]!), {
			Type: 'volume',
			Name: 'data',
			Source: volumePath(root, 'data'),
			Destination: '/var/lib/data',
			Driver: 'local',
			Mode: 'z',
			RW: true,
			Propagation: '',
		});
		t.like(inspectVolume(root, resolveVolume(store, 'data')), {Name: 'data', Driver: 'local', Scope: 'local', Mountpoint: volumePath(root, 'data')});
	}));

test('only new, empty volumes without nocopy take over the image’s content', t =>
	withStore((store, root) => {
		createVolume(store, root, {name: 'full'});
		writeFileSync(join(volumePath(root, 'full'), 'file'), '');
		const points = resolveMounts(
			store,
			root,
			[parseVolume('full:/full'), parseVolume('empty:/empty'), parseVolume('plain:/plain:nocopy'), parseVolume(`${root}:/bind`)],
			['/image'],
		);
		t.deepEqual(
			copyUps(points).map(({target}) => target),
			['/empty', '/image'],
		);
	}));

test('two mounts on one target, a missing source and a source behind a link loop are errors', t =>
	withStore((store, root) => {
		refuses(t, 'volume.duplicate-target', /Duplicate mount point: \/x/, () => resolveMounts(store, root, [parseVolume('aa:/x'), parseMount('type=tmpfs,target=/x/')], []));
		refuses(t, 'volume.bad-source', /bind source path does not exist/, () => resolveMounts(store, root, [parseMount(`type=bind,source=${root}/nowhere,target=/x`)], []));
		symlinkSync('loop', join(root, 'loop'));
		refuses(t, 'volume.bad-source', /cannot look at source path/, () => resolveMounts(store, root, [parseVolume(`${root}/loop:/x`)], []));
		t.deepEqual(store.volumes(), []);
	}));
