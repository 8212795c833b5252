import {closeSync, openSync, readSync} from 'node:fs';

const places = ['/bin/busybox', '/usr/bin/busybox', '/usr/lib/busybox/busybox', '/bin/busybox.static'];

/** Where it stands in the container for as long as its shell runs; it goes by its name's first letters. */
export const toolbox = '/busybox.hawser';
const links = '/.hawser-tools';

/** Its applets as commands, a shell of them, and nothing left at the end, however that comes. */
export const toolboxCommand: readonly string[] = [
	toolbox,
	'sh',
	'-c',
	`box=${toolbox}; trap '$box rm -rf ${links} $box' EXIT; trap 'exit 129' HUP TERM; $box mkdir -p ${links} && $box --install -s ${links}; PATH=${links}:$PATH $box sh`,
];

const ptInterp = 3;

/** An ELF program that names no loader: it runs where there are no libraries. */
function isStatic(path: string): boolean {
	let fd: number;
	try {
		fd = openSync(path, 'r');
	} catch {
		return false;
	}
	const head = Buffer.alloc(4096);
	const count = readSync(fd, head, 0, head.length, 0);
	closeSync(fd);
	if (count < 64 || head.toString('latin1', 0, 4) !== '\u007FELF' || head[4] !== 2) return false;
	const [offset, size, entries] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
	const headers = Array.from({length: entries}, (_, index) => offset + index * size).filter(at => at + 4 <= count);
	return headers.length === entries && headers.every(at => head.readUInt32LE(at) !== ptInterp);
}

export function findBusybox(): string {
	const found = places.find(isStatic);
	if (found === undefined) throw new Error('a shell for images that have none needs a static busybox on the host: install the package busybox-static');
	return found;
}
