import {connectContainer, createNetwork, disconnectContainer, isEngineError, listNetworks, type NetworkSummary, removeNetwork} from '../../core/index.ts';
import {filterFlag, formatFlag, noTruncFlag} from '../cli/common-flags.ts';
import {readFilters} from '../cli/filters.ts';
import {type FlagValues, UsageError} from '../cli/flags.ts';
import {type Listing, renderList} from '../cli/format.ts';
import {readWish} from '../cli/network-values.ts';
import {print, printLine} from '../cli/output.ts';
import {toMap} from '../cli/run-values.ts';
import {eachTarget} from '../cli/targets.ts';
import {goTime, shortId} from '../cli/units.ts';
import type {Verb} from '../cli/verb.ts';

export const create: Verb = {
	usage: '[OPTIONS] NETWORK',
	description: 'Create a network',
	args: [1, 1],
	flags: [
		{name: 'attachable', kind: 'bool', help: 'Accepted for scripts: containers can always be attached'},
		{name: 'aux-address', kind: 'map', help: 'Addresses that others have: NAME=ADDRESS'},
		{name: 'config-from', kind: 'string', help: 'Network to take the settings from'},
		{name: 'config-only', kind: 'bool', help: 'Make settings for other networks only'},
		{name: 'driver', short: 'd', kind: 'string', default: 'bridge', help: 'Driver of the network: bridge, macvlan or ipvlan'},
		{name: 'gateway', kind: 'strings', help: 'Address of the gateway of a subnet'},
		{name: 'ingress', kind: 'bool', help: "Make the swarm's routing mesh"},
		{name: 'internal', kind: 'bool', help: 'No way out of the network'},
		{name: 'ip-range', kind: 'strings', help: 'Lease addresses from a part of a subnet'},
		{name: 'ipam-driver', kind: 'string', default: 'default', help: 'Driver of the leases'},
		{name: 'ipam-opt', kind: 'map', help: 'Set options of the leases'},
		{name: 'ipv4', kind: 'bool', default: 'true', help: 'Whether it has addresses of IPv4'},
		{name: 'ipv6', kind: 'bool', help: 'Whether it has addresses of IPv6'},
		{name: 'label', kind: 'list', help: 'Set labels'},
		{name: 'opt', short: 'o', kind: 'map', help: 'Set options of the driver'},
		{name: 'scope', kind: 'string', help: 'Where the network is known'},
		{name: 'subnet', kind: 'strings', help: 'Addresses of the network, e.g. 10.5.0.0/24'},
	],
	run({flags, args: [name = ''], engine}) {
		refuseSwarm(flags);
		const {id} = createNetwork(engine(), {
			name,
			driver: flags.text('driver'),
			internal: flags.bool('internal'),
			attachable: flags.bool('attachable'),
			ipv4: flags.bool('ipv4'),
			...(flags.given('ipv6') && {ipv6: flags.bool('ipv6')}),
			labels: toMap(flags.list('label')),
			options: toMap(flags.list('opt')),
			subnets: flags.list('subnet'),
			gateways: flags.list('gateway'),
			ranges: flags.list('ip-range'),
			aux: flags.list('aux-address'),
		});
		printLine(id);
		return 0;
	},
};

/** What only networks of several hosts have. */
function refuseSwarm(flags: FlagValues): void {
	const refuse = (what: string, why: string): never => {
		throw new UsageError(`hawser: ${what} is not supported: ${why}`, {exitCode: 1, usage: false});
	};
	for (const name of ['config-only', 'ingress'] as const) if (flags.bool(name)) refuse(`--${name}`, 'there is no swarm, every network is on this host');
	if (flags.given('config-from')) refuse('--config-from', 'no network has only settings');
	if (!['', 'local'].includes(flags.text('scope'))) refuse(`--scope ${flags.text('scope')}`, 'there is no swarm, every network is on this host');
	if (!['', 'default'].includes(flags.text('ipam-driver'))) refuse(`--ipam-driver ${flags.text('ipam-driver')}`, 'addresses are leased by the engine');
}

export const connect: Verb = {
	usage: '[OPTIONS] NETWORK CONTAINER',
	description: 'Connect a container to a network',
	args: [2, 2],
	flags: [
		{name: 'alias', kind: 'strings', help: 'Add a name in the network'},
		{name: 'driver-opt', kind: 'strings', help: 'Set options of the place on the network'},
		{name: 'gw-priority', kind: 'int', default: '0', help: 'The network of the highest has the default route'},
		{name: 'ip', kind: 'string', help: 'IPv4 address (e.g., 172.30.100.104)'},
		{name: 'ip6', kind: 'string', help: 'IPv6 address (e.g., 2001:db8::33)'},
		{name: 'link', kind: 'list', help: 'Add a name for another container: NAME[:ALIAS]'},
		{name: 'link-local-ip', kind: 'strings', help: 'Add addresses of the link alone'},
	],
	async run({flags, args: [network = '', container = ''], engine}) {
		const {name: _, ...wish} = readWish(flags);
		await connectContainer(engine(), network, container, wish);
		return 0;
	},
};

export const disconnect: Verb = {
	usage: '[OPTIONS] NETWORK CONTAINER',
	description: 'Disconnect a container from a network',
	args: [2, 2],
	flags: [{name: 'force', short: 'f', kind: 'bool', help: "Don't mind a container that is not there"}],
	async run({flags, args: [network = '', container = ''], engine}) {
		await disconnectContainer(engine(), network, container, {force: flags.bool('force')});
		return 0;
	},
};

export const list: Verb = {
	usage: '[OPTIONS]',
	description: 'List networks',
	args: [0, 0],
	flags: [
		filterFlag('Show those for which KEY=VALUE holds, e.g. driver=bridge, name=web'),
		formatFlag,
		noTruncFlag,
		{name: 'quiet', short: 'q', kind: 'bool', help: 'Only show network IDs'},
	],
	async run({flags, engine}) {
		const networks = listNetworks(engine(), {filters: readFilters(flags)});
		const noTrunc = flags.bool('no-trunc');
		if (flags.bool('quiet') && !flags.given('format')) print(networks.map(({Id}) => `${noTrunc ? Id : shortId(Id)}\n`).join(''));
		else print(await renderList(networkListing(noTrunc), networks, flags.text('format')));
		return 0;
	},
};

export const remove: Verb = {
	usage: 'NETWORK [NETWORK...]',
	description: 'Remove networks',
	args: [1, Infinity],
	flags: [{name: 'force', short: 'f', kind: 'bool', help: "Don't mind a network that is not there"}],
	run: ({flags, args, engine}) =>
		eachTarget(args, async name => {
			try {
				await removeNetwork(engine(), name);
			} catch (error) {
				if (!flags.bool('force') || !isEngineError(error, 'network.not-found')) throw error;
			}
			return name;
		}),
};

const labelsText = (labels: Readonly<Record<string, string>>): string =>
	Object.entries(labels)
		.map(([key, value]) => `${key}=${value}`)
		.toSorted()
		.join(',');

function networkListing(noTrunc: boolean): Listing<NetworkSummary> {
	return {
		subject: 'network',
		table: ['ID', 'Name', 'Driver', 'Scope'],
		columns: {
			CreatedAt: {header: 'CREATED AT', value: ({Created}) => goTime(Created)},
			Driver: {header: 'DRIVER', value: ({Driver}) => Driver},
			ID: {header: 'NETWORK ID', value: ({Id}) => (noTrunc ? Id : shortId(Id))},
			IPv4: {header: 'IPV4', value: ({EnableIPv4}) => String(EnableIPv4)},
			IPv6: {header: 'IPV6', value: ({EnableIPv6}) => String(EnableIPv6)},
			Internal: {header: 'INTERNAL', value: ({Internal}) => String(Internal)},
			Labels: {header: 'LABELS', value: ({Labels}) => labelsText(Labels)},
			Name: {header: 'NAME', value: ({Name}) => Name},
			Scope: {header: 'SCOPE', value: ({Scope}) => Scope},
		},
		methods: {Label: {header: key => key, value: ({Labels}, key) => Labels[key] ?? ''}},
	};
}
