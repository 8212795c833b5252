import {EngineError} from '../errors/error.ts';
import {contains, formatAddress, formatSubnet, isHostAddress, overlaps, parseAddress, parseSubnet, type Subnet} from './address.ts';
import type {Pool} from './model.ts';

/** `--subnet`, `--gateway`, `--ip-range` and `--aux-address`, each as often as it was given. */
export type IpamRequest = {
	readonly subnets?: readonly string[];
	readonly gateways?: readonly string[];
	readonly ranges?: readonly string[];
	/** `NAME=ADDRESS` */
	readonly aux?: readonly string[];
};

type Draft = {readonly subnet: Subnet; gateway?: string; range?: string; readonly aux: Record<string, string>};

const invalidSubnet = (text: string, why: string): EngineError => new EngineError({code: 'network.invalid-subnet', subject: text, message: `invalid subnet ${text}: ${why}`});

const invalidGateway = (text: string, why: string): EngineError => new EngineError({code: 'network.invalid-gateway', subject: text, message: `invalid gateway ${text}: ${why}`});

const invalid = (subject: string, message: string): EngineError => new EngineError({code: 'network.invalid-subnet', subject, message});

/** What is too small has no room for a gateway and a container. */
const largest = {4: 30, 6: 126} as const;

const readSubnet = (text: string): Subnet => {
	const subnet = parseSubnet(text);
	if (!subnet) throw invalidSubnet(text, 'not a range such as 172.30.0.0/16 or fd00:1::/64');
	if (subnet.prefix < 8 || subnet.prefix > largest[subnet.family]) throw invalidSubnet(text, `the prefix must be between /8 and /${largest[subnet.family]}`);
	return subnet;
};

const readDrafts = (subnets: readonly string[]): Draft[] => {
	const drafts: Draft[] = [];
	for (const text of subnets) {
		const subnet = readSubnet(text);
		if (drafts.some(other => overlaps(other.subnet, subnet))) throw invalidSubnet(text, 'multiple overlapping subnet configuration is not supported');
		drafts.push({subnet, aux: {}});
	}
	return drafts;
};

const takeRange = (drafts: readonly Draft[], text: string): void => {
	const range = parseSubnet(text);
	if (!range) throw invalid(text, `invalid ip-range ${text}: not a range such as 172.30.1.0/24`);
	const draft = drafts.find(({subnet}) => overlaps(subnet, range) && subnet.prefix <= range.prefix);
	if (!draft) throw invalid(text, `no matching subnet for range ${text}`);
	if (draft.range !== undefined) throw invalid(text, `cannot configure multiple ranges (${text}, ${draft.range}) on the same subnet (${formatSubnet(draft.subnet)})`);
	draft.range = formatSubnet(range);
};

const takeGateway = (drafts: readonly Draft[], text: string): void => {
	const address = parseAddress(text);
	if (!address) throw invalidGateway(text, 'not an address');
	const draft = drafts.find(({subnet}) => contains(subnet, address));
	if (!draft) throw invalidGateway(text, `no matching subnet for gateway ${text}`);
	if (!isHostAddress(draft.subnet, address)) throw invalidGateway(text, `not a host address of ${formatSubnet(draft.subnet)}`);
	if (draft.gateway !== undefined) throw invalidGateway(text, `cannot configure multiple gateways (${text}, ${draft.gateway}) for the same subnet (${formatSubnet(draft.subnet)})`);
	draft.gateway = formatAddress(address);
};

const takeAux = (drafts: readonly Draft[], text: string): void => {
	const equals = text.indexOf('=');
	const address = parseAddress(text.slice(equals + 1));
	const draft = address && drafts.find(({subnet}) => contains(subnet, address));
	if (equals < 1 || !address || !draft) throw invalid(text, `no matching subnet for aux-address ${text.slice(equals + 1)}`);
	draft.aux[text.slice(0, equals)] = formatAddress(address);
};

/** Pools as they were asked for; what belongs to none of the subnets is an error. */
export const readPools = ({subnets = [], gateways = [], ranges = [], aux = []}: IpamRequest): Pool[] => {
	const [stray] = [...ranges, ...gateways];
	if (subnets.length === 0 && stray !== undefined) throw invalid(stray, 'every ip-range or gateway must have a corresponding subnet');
	const drafts = readDrafts(subnets);
	for (const text of ranges) takeRange(drafts, text);
	for (const text of gateways) takeGateway(drafts, text);
	for (const text of aux) takeAux(drafts, text);
	return drafts.map(draft => ({
		subnet: formatSubnet(draft.subnet),
		gateway: draft.gateway ?? firstAddress(draft.subnet),
		...(draft.range !== undefined && {range: draft.range}),
		...(Object.keys(draft.aux).length > 0 && {aux: draft.aux}),
		asked: true,
	}));
};

export const firstAddress = ({family, base}: Subnet): string => formatAddress({family, value: base + 1n});

export const poolOf = ({pools}: {readonly pools: readonly Pool[]}, family: 4 | 6): Pool | undefined => pools.find(({subnet}) => subnet.includes(':') === (family === 6));

/** The pool that holds an address. */
export const poolWith = ({pools}: {readonly pools: readonly Pool[]}, text: string): Pool | undefined => {
	const address = parseAddress(text);
	return pools.find(({subnet}) => {
		const parsed = parseSubnet(subnet);
		return address && parsed && contains(parsed, address);
	});
};

/** `16` of `172.17.0.0/16`. */
export const prefixOf = (subnet: string): string => subnet.split('/')[1] ?? '';
