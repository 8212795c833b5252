import {createHash} from 'node:crypto';
import {shortHash} from '../platform/checksum.ts';

const hex = (length: number, ...parts: readonly string[]): string => createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, length);

/** The store `hawser` has `hawser0`; another store's default network is known by the store's own eight digits. */
export const bridgeName = (storeName: string, network: {readonly id: string; readonly name: string}): string => {
	if (network.name === 'bridge') return storeName === 'hawser' ? 'hawser0' : `hw${storeName.slice(-8)}`;
	return `hw${hex(12, storeName, network.id)}`;
};

/** The host's end of a container's cable, 15 bytes: the most that an interface's name can have. */
export const hostInterfaceName = (storeName: string, containerId: string, networkId: string): string => `veth${shortHash([storeName, containerId, networkId].join('\0')).slice(0, 11)}`;

/** An nftables table's name may not hold a dash. */
export const tableName = (storeName: string): string => storeName.replaceAll('-', '_');

/** The host's interface that macvlan and ipvlan stand on. */
export const parentName = ({id, options}: {readonly id: string; readonly options: Readonly<Record<string, string>>}): string => options['parent'] ?? `dm-${id.slice(0, 12)}`;
