import {createNetwork, listNetworks, type NetworkSummary, removeNetwork} from '../../core/index.ts';
import {filterFlag, formatFlag, noTruncFlag} from '../cli/common-flags.ts';
import {readFilters} from '../cli/filters.ts';
import {type Listing, renderList} from '../cli/format.ts';
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
		{name: 'driver', short: 'd', kind: 'string', default: 'bridge', help: 'Driver of the network'},
		{name: 'gateway', kind: 'string', help: 'Address of the gateway'},
		{name: 'internal', kind: 'bool', help: 'No way out of the network'},
		{name: 'label', kind: 'list', help: 'Set labels'},
		{name: 'opt', short: 'o', kind: 'map', help: 'Set options of the driver'},
		{name: 'subnet', kind: 'string', help: 'Addresses of the network, e.g. 10.5.0.0/24'},
	],
	run({flags, args: [name = ''], engine}) {
		const {id} = createNetwork(engine(), {
			name,
			driver: flags.text('driver'),
			internal: flags.bool('internal'),
			labels: toMap(flags.list('label')),
			options: toMap(flags.list('opt')),
			...(flags.given('subnet') && {subnet: flags.text('subnet')}),
			...(flags.given('gateway') && {gateway: flags.text('gateway')}),
		});
		printLine(id);
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
	flags: [],
	run: ({args, engine}) =>
		eachTarget(args, async name => {
			await removeNetwork(engine(), name);
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
			IPv4: {header: 'IPV4', value: () => 'true'},
			IPv6: {header: 'IPV6', value: ({EnableIPv6}) => String(EnableIPv6)},
			Internal: {header: 'INTERNAL', value: ({Internal}) => String(Internal)},
			Labels: {header: 'LABELS', value: ({Labels}) => labelsText(Labels)},
			Name: {header: 'NAME', value: ({Name}) => Name},
			Scope: {header: 'SCOPE', value: ({Scope}) => Scope},
		},
		methods: {Label: {header: key => key, value: ({Labels}, key) => Labels[key] ?? ''}},
	};
}
