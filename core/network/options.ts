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
		[`${prefix}bridge.gateway_mode_ipv4`]: anyOf('nat'),
		[`${prefix}bridge.gateway_mode_ipv6`]: anyOf('nat'),
	},
	macvlan: {...common, parent: isInterface, macvlan_mode: anyOf('', 'bridge', 'private', 'vepa', 'passthru')},
	ipvlan: {...common, parent: isInterface, ipvlan_mode: anyOf('', 'l2', 'l3', 'l3s'), ipvlan_flag: anyOf('', 'bridge', 'private', 'vepa')},
};

/** Options that nobody knows are kept for whoever set them, as Docker does; a known one must make sense. */
export const checkOptions = (driver: NetworkDriver, options: Options): void => {
	for (const [name, value] of Object.entries(options)) {
		const isGood = known[driver]?.[name];
		if (isGood && !isGood(value))
			throw new EngineError({code: 'network.invalid-option', subject: name, message: `invalid value "${value}" for the option ${name} of the driver ${driver}`});
		if (!isGood && name.startsWith(prefix))
			throw new EngineError({code: 'network.invalid-option', subject: name, message: `the driver ${driver} has no option ${name}`, hint: 'leave it out'});
	}
};

export const mtuOf = (network: Network): string => option(network, 'driver.mtu') ?? '1500';
