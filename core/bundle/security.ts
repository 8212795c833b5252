import {EngineError} from '../errors/error.ts';

/** What `--security-opt` says; what it does not say is undefined. */
export type Security = {
	readonly noNewPrivileges?: boolean;
	/** `unconfined`, `builtin`, or a profile as JSON. */
	readonly seccomp?: string;
	/** `unconfined`, or the name of a loaded profile. */
	readonly apparmor?: string;
	readonly systemPathsUnconfined: boolean;
	readonly writableCgroups: boolean;
};

const switches: Readonly<Record<string, boolean>> = {1: true, t: true, true: true, 0: false, f: false, false: false, '': true};

/** Docker's grammar and sentences: `KEY=VALUE`, the older `KEY:VALUE`, and the words that stand alone. */
export function parseSecurity(options: readonly string[]): Security {
	return options.reduce<Security>((security, option) => ({...security, ...parseOption(option)}), {systemPathsUnconfined: false, writableCgroups: false});
}

function parseOption(option: string): Partial<Security> {
	const alone = ['no-new-privileges', 'writable-cgroups', 'disable'].includes(option);
	const [, key = '', value = ''] = (option.includes('=') ? /^([^=]*)=(.*)$/s : /^([^:]*):(.*)$/s).exec(option) ?? (alone ? ['', option, ''] : []);
	if (key === '') throw refuse(option, 1);
	const read = Object.hasOwn(readers, key) ? readers[key] : undefined;
	const found = read?.(value, option);
	if (found === undefined) throw refuse(option, 2);
	return found;
}

const readSwitch = (value: string, option: string): boolean => {
	const found = switches[value.toLowerCase()];
	if (found === undefined) throw refuse(option, 2);
	return found;
};

const readers: Readonly<Record<string, (value: string, option: string) => Partial<Security> | undefined>> = {
	'no-new-privileges': (value, option) => ({noNewPrivileges: readSwitch(value, option)}),
	'writable-cgroups': (value, option) => ({writableCgroups: readSwitch(value, option)}),
	seccomp: value => (value === '' ? undefined : {seccomp: value}),
	apparmor: value => (/^[\w./:+@-]{1,255}$/.test(value) ? {apparmor: value} : undefined),
	systempaths: value => (value === 'unconfined' ? {systemPathsUnconfined: true} : undefined),
	// For SELinux; where that is not on they mean nothing, as in Docker.
	label: value => (/^(disable|nested|(user|role|type|level|filetype):[\w:.,-]+)$/.test(value) ? {} : undefined),
	disable: () => ({}),
};

const refuse = (option: string, kind: 1 | 2): EngineError =>
	new EngineError({
		code: 'container.invalid',
		subject: option,
		message: `invalid --security-opt ${kind}: ${JSON.stringify(option)}`,
		hint: 'no-new-privileges, seccomp=FILE|unconfined|builtin, apparmor=PROFILE|unconfined, label=…, systempaths=unconfined and writable-cgroups are known.',
	});
