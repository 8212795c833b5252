import test from 'ava';
import {canonicalString, familiarString, parseReference, withDefaultTag} from '../../core/reference/reference.ts';

const hex = 'e6693c20186f837fc393390135d8a598a96a833917917789d63766cab6c59582';

const names: Array<[string, string, string]> = [
	['busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
	['busybox:1.36', 'docker.io/library/busybox:1.36', 'busybox:1.36'],
	['docker.io/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
	['index.docker.io/user/app', 'docker.io/user/app:latest', 'user/app:latest'],
	['library/foo/bar', 'docker.io/library/foo/bar:latest', 'library/foo/bar:latest'],
	['localhost/app', 'localhost/app:latest', 'localhost/app:latest'],
	['localhost:5000/app:x', 'localhost:5000/app:x', 'localhost:5000/app:x'],
	['127.0.0.1:5000/team/app', '127.0.0.1:5000/team/app:latest', '127.0.0.1:5000/team/app:latest'],
	['[fd00:1::2]:5000/app', '[fd00:1::2]:5000/app:latest', '[fd00:1::2]:5000/app:latest'],
	['Foo/bar', 'Foo/bar:latest', 'Foo/bar:latest'],
	['test_com/foo', 'docker.io/test_com/foo:latest', 'test_com/foo:latest'],
	[`gcr.io/x/busybox:1@sha256:${hex}`, `gcr.io/x/busybox:1@sha256:${hex}`, `gcr.io/x/busybox:1@sha256:${hex}`],
	[`busybox@sha256:${hex}`, `docker.io/library/busybox@sha256:${hex}`, `busybox@sha256:${hex}`],
	['docker---rules/a__b.c-d', 'docker.io/docker---rules/a__b.c-d:latest', 'docker---rules/a__b.c-d:latest'],
];

for (const [text, canonical, familiar] of names) {
	test(`parseReference() reads ${text} as Docker does`, t => {
		const reference = withDefaultTag(parseReference(text));
		t.is(canonicalString(reference), canonical);
		t.is(familiarString(reference), familiar);
		t.deepEqual(withDefaultTag(parseReference(familiar)), reference);
	});
}

const refused: Array<[string, RegExp]> = [
	['', /invalid reference format/],
	[':tag', /invalid reference format/],
	[`@sha256:${hex}`, /invalid reference format/],
	['busybox:', /invalid reference format/],
	['busybox:-x', /invalid reference format/],
	[`busybox:${'a'.repeat(129)}`, /invalid reference format/],
	['docker/Docker', /repository name \((?:docker\/Docker|App)\) must be lowercase/],
	['localhost:5000/App:x', /repository name \((?:docker\/Docker|App)\) must be lowercase/],
	['a//b', /invalid reference format/],
	['-app', /invalid reference format/],
	['../../etc', /invalid reference format/],
	['app/', /invalid reference format/],
	['a b', /invalid reference format/],
	['app\n', /invalid reference format/],
	['[fd00::1]', /invalid reference format/],
	['[fe80::1%eth0]:5000/app', /invalid reference format/],
	['host:http/app', /invalid reference format/],
	[hex, /64-byte hexadecimal/],
	[`${'a'.repeat(256)}/app`, /more than 255/],
	['app@sha256:abc', /invalid checksum digest length/],
	[`app@sha256:${hex.toUpperCase()}`, /invalid checksum digest format/],
	[`app@md5:${hex}`, /unsupported digest algorithm/],
	[`app@sha256:../../${hex}`, /invalid/],
	['a'.repeat(100_000), /invalid reference format/],
];

for (const [text, reason] of refused) {
	test(`parseReference() refuses ${JSON.stringify(text.slice(0, 60))} (${reason.source}, ${text.length})`, t => {
		t.throws(() => parseReference(text), {message: reason});
	});
}
