import {isIP} from 'node:net';
import {EngineError} from '../errors/error.ts';
import type {Network, NetworkDriver} from './model.ts';

/** Options of drivers, `-o`: Docker's names. */

const prefix = 'com.docker.network.';

type Options = Readonly<Record<string, string>>;

/** The value of `com.docker.network.NAME`. */
export const option = ({options = {}}: Partial<Pick<Network, 'options'>>, name: string): string | undefined => options[`${prefix}${name}`];

const isTrue = (value: string): boolean => /^(1|t|T|true|TRUE|True)$/.test(value);
const isBoolean = (value: string): boolean => isTrue(value) || /^(0|f|F|false|FALSE|False)$/.test(value);

/** On unless it is said to be off. */
export const isOn = (network: Partial<Pick<Network, 'options'>>, name: string): boolean => isTrue(option(network, name) ?? 'true');

const isInterface = (value: string): boolean => /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,14}$/.test(value);
const isMtu = (value: string): boolean => /^\d{2,5}$/.test(value) && Number(value) >= 68 && Number(value) <= 65_535;
const anyOf =
	(...values: string[]) =>
	(value: string): boolean =>
		values.includes(value);

/** How a family leads to the containers of a bridge from outside (`com.docker.network.bridge.gateway_mode_ipv4`, `…6`). */
type GatewayMode = 'nat' | 'nat-unprotected' | 'routed' | 'isolated';

const gatewayModes: readonly GatewayMode[] = ['nat', 'nat-unprotected', 'routed', 'isolated'];

export const gatewayMode = (network: Partial<Pick<Network, 'options'>>, family: 4 | 6): GatewayMode =>
	gatewayModes.find(mode => mode === option(network, `bridge.gateway_mode_ipv${family}`)) ?? 'nat';

/** From behind which interfaces of the host all ports of the containers are reached. */
export const trustedInterfaces = (network: Network): string[] => (option(network, 'bridge.trusted_host_interfaces') ?? '').split(':').filter(name => name !== '');

/** Whether the host has the gateway's address on the bridge. */
export const hasHostAddress = (network: Network, family: 4 | 6): boolean =>
	gatewayMode(network, family) !== 'isolated' && !(family === 4 && isTrue(option(network, 'bridge.inhibit_ipv4') ?? 'false'));

const common: Readonly<Record<string, (value: string) => boolean>> = {
	[`${prefix}driver.mtu`]: isMtu,
	[`${prefix}container_iface_prefix`]: value => /^[a-zA-Z][a-zA-Z0-9_-]{0,9}$/.test(value),
};

/** What each driver understands; what is false is not a value of it. */
const known: Readonly<Partial<Record<NetworkDriver, Readonly<Record<string, (value: string) => boolean>>>>> = {
	bridge: {
		...common,
		[`${prefix}bridge.name`]: isInterface,
		[`${prefix}bridge.enable_icc`]: isBoolean,
		[`${prefix}bridge.enable_ip_masquerade`]: isBoolean,
		[`${prefix}bridge.host_binding_ipv4`]: value => isIP(value) === 4,
		[`${prefix}bridge.gateway_mode_ipv4`]: anyOf(...gatewayModes),
		[`${prefix}bridge.gateway_mode_ipv6`]: anyOf(...gatewayModes),
		[`${prefix}bridge.inhibit_ipv4`]: isBoolean,
		[`${prefix}bridge.trusted_host_interfaces`]: value => value.split(':').every(isInterface),
	},
	macvlan: {...common, parent: isInterface, macvlan_mode: anyOf('', 'bridge', 'private', 'vepa', 'passthru')},
	ipvlan: {...common, parent: isInterface, ipvlan_mode: anyOf('', 'l2', 'l3', 'l3s'), ipvlan_flag: anyOf('', 'bridge', 'private', 'vepa')},
};

/** Options that nobody knows are kept for whoever set them, as Docker does; a known one must make sense. */
export const checkOptions = (driver: NetworkDriver, options: Options, internal: boolean): void => {
	for (const [name, value] of Object.entries(options)) {
		const isGood = known[driver]?.[name];
		if (isGood && !isGood(value))
			throw new EngineError({code: 'network.invalid-option', subject: name, message: `invalid value "${value}" for the option ${name} of the driver ${driver}`});
	}
	if (!internal && ([4, 6] as const).some(family => gatewayMode({options}, family) === 'isolated'))
		throw new EngineError({code: 'network.invalid-option', subject: 'isolated', message: "gateway mode 'isolated' can only be used for an internal network", hint: 'add --internal'});
};

export const mtuOf = (network: Network): string => option(network, 'driver.mtu') ?? '1500';
