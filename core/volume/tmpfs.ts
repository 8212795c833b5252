import type {MountSpec} from './model.ts';
import {parseBytes, parseMode} from './size.ts';
import {cleanTarget, invalidMount} from './target.ts';

/** The options of `--tmpfs` that are words; those that exclude each other share a class. */
const words: Readonly<Record<string, string>> = {
	exec: 'exec',
	noexec: 'exec',
	suid: 'suid',
	nosuid: 'suid',
	dev: 'dev',
	nodev: 'dev',
	sync: 'sync',
	async: 'sync',
	atime: 'atime',
	noatime: 'atime',
	diratime: 'diratime',
	nodiratime: 'diratime',
	relatime: 'relatime',
	norelatime: 'relatime',
	strictatime: 'strictatime',
	nostrictatime: 'strictatime',
};

const parsers: Readonly<Record<string, (value: string) => string | undefined>> = {
	size: value => (/^\d{1,3}%$/.test(value) ? value : parseBytes(value)?.toString()),
	mode: parseMode,
	uid: value => (/^\d{1,10}$/.test(value) ? value : undefined),
	gid: value => (/^\d{1,10}$/.test(value) ? value : undefined),
	nr_inodes: value => (/^\d{1,15}[kmg]?$/i.test(value) ? value : undefined),
	nr_blocks: value => (/^\d{1,15}[kmg]?$/i.test(value) ? value : undefined),
};

/** One option, checked: `noexec`, `size=65536`. Undefined when tmpfs knows none such. */
const checkOption = (option: string): string | undefined => {
	if (Object.hasOwn(words, option)) return option;
	const [key = '', value = ''] = option.split('=', 2);
	const checked = Object.hasOwn(parsers, key) ? parsers[key]?.(value) : undefined;
	return checked === undefined ? undefined : `${key}=${checked}`;
};

/** `--tmpfs PATH[:OPTIONS]` */
export const parseTmpfs = (target: string, text: string): MountSpec => {
	const spec = text === '' ? target : `${target}:${text}`;
	const parts = text.split(',').filter(part => part !== '');
	const options = parts
		.filter(part => part !== 'ro' && part !== 'rw')
		.map(part => {
			const option = checkOption(part);
			if (option === undefined) throw invalidMount(spec, `invalid tmpfs option "${part}"`);
			return option;
		});
	return {type: 'tmpfs', source: '', target: cleanTarget(target, spec), readOnly: parts.includes('ro'), options, asked: {tmpfs: text}};
};

/** Docker's defaults, each unless its opposite was asked for; `tmpfs-size=` and `tmpfs-mode=` of `--mount` lose their prefix. */
export const tmpfsOptions = (options: readonly string[], readOnly: boolean): string[] => {
	const own = options.map(option => option.replace(/^tmpfs-/, ''));
	const defaults = ['noexec', 'nosuid', 'nodev'].filter(option => !own.some(other => words[other] === words[option]));
	return [...defaults, ...own, readOnly ? 'ro' : 'rw'];
};
