import type {ContainerSpec, NetworkWish} from '../../core/index.ts';
import {type FlagValues, UsageError} from './flags.ts';
import {csvFields} from './run-values.ts';

/** What `--network` and its like say. */

type Draft = {
	name: string;
	aliases: string[];
	links: string[];
	linkLocal: string[];
	options: Record<string, string>;
	ip?: string;
	ip6?: string;
	mac?: string;
	priority?: number;
};

const emptyDraft = (name: string): Draft => ({name, aliases: [], links: [], linkLocal: [], options: {}});

const setters: Readonly<Record<string, (draft: Draft, value: string) => void>> = {
	name(draft, value) {
		draft.name = value;
	},
	alias: (draft, value) => draft.aliases.push(value),
	ip(draft, value) {
		draft.ip = value;
	},
	ip6(draft, value) {
		draft.ip6 = value;
	},
	'mac-address'(draft, value) {
		draft.mac = parseMac(value);
	},
	'link-local-ip': (draft, value) => draft.linkLocal.push(value),
	'driver-opt'(draft, value) {
		const [key = '', ...rest] = value.split('=');
		if (rest.length === 0 || key.trim() === '') throw new Error('invalid key value pair format in driver options');
		draft.options[key.trim().toLowerCase()] = rest.join('=').trim().toLowerCase();
	},
	'gw-priority'(draft, value) {
		if (!/^[+-]?\d+$/.test(value)) throw new Error(`invalid gw-priority (${value}): invalid syntax`);
		draft.priority = Number(value);
	},
};

export function parseMac(value: string): string {
	if (!/^([0-9a-fA-F]{2}([:-])){5}[0-9a-fA-F]{2}$/.test(value.trim())) throw new Error(`${value} is not a valid mac address`);
	return value.trim();
}

/** `NAME`, or `name=NAME,alias=…,ip=…`: a line of CSV. */
export function parseNetwork(value: string): Draft {
	const draft = emptyDraft(value);
	if (!/\w+=\w+(,\w+=\w+)*/.test(value)) return draft;
	draft.name = '';
	for (const field of csvFields(value)) {
		const at = field.indexOf('=');
		if (at < 1) throw new Error(`invalid field ${field}`);
		const key = field.slice(0, at).trim().toLowerCase();
		const set = Object.hasOwn(setters, key) ? setters[key] : undefined;
		if (set === undefined) throw new Error(`invalid field key ${key}`);
		set(
			draft,
			key === 'name' || key === 'driver-opt'
				? field.slice(at + 1).trim()
				: field
						.slice(at + 1)
						.trim()
						.toLowerCase(),
		);
	}
	if (draft.name === '') throw new Error('network name/id is not specified');
	return draft;
}

const conflict = (what: string): UsageError => new UsageError(`conflicting options: ${what}`, {exitCode: 125, usage: false});

/** What the old flags say is of the first network, which may not say it too. */
function addLegacy(draft: Draft, flags: FlagValues): void {
	const aliases = [...flags.list('network-alias'), ...flags.list('net-alias')];
	const add = (key: 'aliases' | 'links' | 'linkLocal', values: readonly string[], message: string): void => {
		if (values.length > 0 && draft[key].length > 0) throw conflict(message);
		draft[key].push(...values);
	};
	const set = (key: 'ip' | 'ip6' | 'mac', flag: string, message: string): void => {
		if (!flags.given(flag)) return;
		if (draft[key] !== undefined) throw conflict(message);
		draft[key] = flags.text(flag);
	};
	add('aliases', aliases, 'cannot specify both --network-alias and per-network alias');
	add('links', flags.list('link'), 'cannot specify both --link and per-network links');
	set('ip', 'ip', 'cannot specify both --ip and per-network IPv4 address');
	set('ip6', 'ip6', 'cannot specify both --ip6 and per-network IPv6 address');
	if (flags.given('mac-address')) checkMac(flags.text('mac-address'));
	set('mac', 'mac-address', 'cannot specify both --mac-address and per-network MAC address');
	add('linkLocal', flags.list('link-local-ip'), 'cannot specify both --link-local-ip and per-network link-local IP addresses');
}

function checkMac(value: string): void {
	try {
		parseMac(value);
	} catch (error) {
		throw new UsageError(`hawser: ${(error as Error).message}`, {usage: false});
	}
}

const isUserDefined = (name: string): boolean => !['bridge', 'default', 'host', 'none', ''].includes(name) && !name.startsWith('container:');

function checkTogether(drafts: readonly Draft[]): void {
	const names = new Set<string>();
	for (const {name, aliases} of drafts) {
		if (names.has(name)) throw new UsageError(`network "${name}" is specified multiple times`, {exitCode: 125, usage: false});
		names.add(name);
		if (aliases.length > 0 && !isUserDefined(name)) throw new UsageError('network-scoped aliases are only supported for user-defined networks', {exitCode: 125, usage: false});
	}
	if (drafts.length > 1 && drafts.some(({name}) => name === 'host' || name === 'none' || name.startsWith('container:')))
		throw conflict('cannot attach both user-defined and non-user-defined network-modes');
}

export const toWish = ({aliases, links, linkLocal, options, ...rest}: Draft): NetworkWish => ({
	...rest,
	...(aliases.length > 0 && {aliases}),
	...(links.length > 0 && {links}),
	...(linkLocal.length > 0 && {linkLocal}),
	...(Object.keys(options).length > 0 && {options}),
});

/** `network` and `networks` of what `run` and `create` ask for. */
export function readNetworks(flags: FlagValues): Pick<ContainerSpec, 'network' | 'networks'> {
	const asked = [...flags.list('network'), ...flags.list('net')].map(parseNetwork);
	const drafts = asked.length === 0 ? [emptyDraft('bridge')] : asked.map(draft => (draft.name === 'default' ? {...draft, name: 'bridge'} : draft));
	const [first] = drafts;
	if (first !== undefined) addLegacy(first, flags);
	checkTogether(drafts);
	const network = asked.length === 0 ? undefined : first?.name;
	return {...(network !== undefined && {network}), networks: drafts.map(toWish)};
}

/** The wish of `network connect`. */
export const readWish = (flags: FlagValues): NetworkWish => {
	const draft = emptyDraft('');
	draft.aliases.push(...flags.list('alias'));
	draft.links.push(...flags.list('link'));
	draft.linkLocal.push(...flags.list('link-local-ip'));
	for (const option of flags.list('driver-opt')) setters['driver-opt']?.(draft, option);
	return toWish({
		...draft,
		...(flags.given('ip') && {ip: flags.text('ip')}),
		...(flags.given('ip6') && {ip6: flags.text('ip6')}),
		...(flags.given('gw-priority') && {priority: flags.int('gw-priority')}),
	});
};
