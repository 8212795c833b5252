import {EngineError, isEngineError} from '../errors/error.ts';
import {readIfThere} from '../platform/files.ts';
import {defaultsFor} from './hardening.ts';
import type {Capabilities} from './spec.ts';

/** By their number in the kernel. */
const all = `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK
IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL
SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
	.split(/\s+/)
	.map(name => `CAP_${name}`);

/** What this host's kernel and this process have: privileged containers get no more. */
function available(): string[] {
	const bits = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(readIfThere('/proc/self/status') ?? '')?.[1] ?? '0'}`);
	return all.filter((_, number) => (bits >> BigInt(number)) & 1n);
}

function normalize(name: string): string {
	const upper = name.toUpperCase();
	if (upper === 'ALL') return 'ALL';
	const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
	if (!all.includes(full)) throw new EngineError({code: 'container.invalid', subject: name, message: `unknown capability: "${full}"`});
	return full;
}

/** The names as Docker keeps them; what is unknown is refused with the flag's name. */
export function capabilityNames(field: 'CapAdd' | 'CapDrop', names: readonly string[]): string[] {
	try {
		return [...new Set(names.map(normalize))].toSorted();
	} catch (error) {
		if (!isEngineError(error)) throw error;
		throw new EngineError({code: error.code, subject: error.subject, message: `invalid ${field}: ${error.message}`});
	}
}

export type CapabilityWishes = {readonly privileged: boolean; readonly capAdd: readonly string[]; readonly capDrop: readonly string[]; readonly hardened?: boolean | undefined};

/** Docker's rules: `ALL` added is everything but what is dropped; `ALL` dropped is nothing but what is added. */
export function chooseCapabilities({privileged, capAdd, capDrop, hardened = false}: CapabilityWishes): string[] {
	if (privileged) return available();
	const add = capAdd.map(normalize);
	const drop = capDrop.map(normalize);
	if (add.includes('ALL')) return available().filter(name => !drop.includes(name));
	const base = drop.includes('ALL') ? [] : defaultsFor(hardened).capabilities.filter(name => !drop.includes(name));
	return [...new Set([...base, ...add])];
}

/** Nothing inheritable, nothing ambient (CVE-2022-24769): for other users than root the kernel empties the rest at exec. */
export const capabilitySets = (names: readonly string[]): Capabilities => ({bounding: names, effective: names, permitted: names, inheritable: [], ambient: []});
