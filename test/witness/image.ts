import {file, folder, hardLink, symlink, tar} from '../helpers/tar.ts';

/** What `setcap cap_net_raw=ep` writes. */
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');

/** Three layers with every kind of file, deletion and replacement that all engines take. */
export const imageOfAll: readonly Buffer[] = [
	tar(
		folder('./', {mode: 0o755, mtime: 1_500_000_000}),
		folder('etc/', {mode: 0o755}),
		file('etc/shadow', 'secret', {mode: 0o640, gid: 42}),
		folder('bin/', {mode: 0o755}),
		file('bin/su', 'su', {mode: 0o4755}),
		file('bin/ping', 'ping', {mode: 0o755, pax: {'SCHILY.xattr.security.capability': capability}}),
		file('bin/noted', 'noted', {pax: {'SCHILY.xattr.user.note': 'a note', mtime: '1600000000.123456789'}}),
		folder('tmp/', {mode: 0o1777}),
		file('one', 'same', {mode: 0o600, uid: 7, gid: 8, mtime: 1}),
		hardLink('two', 'one', {mode: 0o600}),
		symlink('lib', 'usr/lib', {mtime: 1_400_000_000}),
		folder('usr/', {mode: 0o755}),
		folder('usr/lib/', {mode: 0o755, uid: 3}),
		file('usr/lib/a', 'a'),
		{name: 'null', type: '3', major: 1, minor: 3, mode: 0o666},
		{name: 'disk', type: '4', major: 8, minor: 1, mode: 0o660, gid: 6},
		{name: 'pipe', type: '6', mode: 0o622},
		folder('gone/', {mode: 0o755}),
		file('gone/in', 'x'),
		folder('hidden/', {mode: 0o711, mtime: 1_450_000_000}),
		file('hidden/low', 'x'),
		file('was-file', 'x'),
		folder('was-folder/', {mode: 0o755}),
		file('was-folder/in', 'x'),
		file('ünïcode ☃', 'x'),
		file(`long/${'n'.repeat(90)}/${'m'.repeat(5)}`, 'deep', {pax: {path: `long/${'n'.repeat(150)}/${'m'.repeat(200)}`}}),
		file('big-owner', 'x', {uid: 3_000_000, gid: 2_500_000}),
	),
	tar(
		file('.wh.gone'),
		folder('hidden/', {mode: 0o711, mtime: 1_450_000_000}),
		file('hidden/.wh..wh..opq'),
		file('hidden/high', 'y'),
		file('.wh.was-file'),
		folder('was-file/', {mode: 0o700}),
		file('was-file/in', 'y'),
		file('.wh.was-folder'),
		file('was-folder', 'y'),
		file('one', 'changed', {mode: 0o644, mtime: 2}),
	),
	tar(folder('etc/', {mode: 0o750, uid: 1}), file('etc/hosts', 'h'), file('two', 'again', {mode: 0o604}), hardLink('three', 'two', {mode: 0o604}), symlink('null', 'one')),
];
