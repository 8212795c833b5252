import {defaultsFor} from '../bundle/hardening.ts';
import type {IdMap} from '../bundle/id-map.ts';
import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {type IdRange, readRanges} from '../platform/id-ranges.ts';
import type {ContainerConfig} from './config.ts';
import {recordById} from './record.ts';

/** As many as a container gets: every id that fits into 16 bits. */
const SIZE = 65_536;

/** Above what systemd hands out, below what programs take for negative. */
const BUILT_IN: IdRange = {first: 0x7000_0000, count: 0x0fff_0000};

const OWNER = 'hawser';

type Wish = Pick<ContainerConfig, 'userns' | 'privileged' | 'network' | 'pid' | 'ipc' | 'hardened'>;

const invalid = (subject: string, message: string): EngineError => new EngineError({code: 'container.invalid', subject, message});

/** `auto`, `auto:size=N`; undefined: it is neither. */
function autoSize(mode: string): number | undefined {
	const [, size] = /^auto(?::size=(\d{1,5}))?$/.exec(mode) ?? [undefined, 'none'];
	if (size === 'none') return undefined;
	return size === undefined ? SIZE : Number(size);
}

export function checkUserns(mode: string): void {
	const size = autoSize(mode);
	if (mode !== '' && mode !== 'host' && (size === undefined || size < 1)) throw invalid(mode, '--userns: invalid USER mode');
}

/**
 * Ids for a container that is being created, within the transaction that writes its record: the record is the lease. undefined: it shares
 * the host's.
 */
export function leaseIds(engine: Engine, config: Wish): IdMap | undefined {
	const donor = [config.pid, config.ipc].find(mode => mode.startsWith('container:'));
	if (donor !== undefined) {
		if (autoSize(config.userns) !== undefined)
			throw invalid(donor, `cannot join the namespaces of a ${donor.replace(/:.*/s, '')} and have user ids of its own: leave --userns out`);
		return recordById(engine.db, donor.slice('container:'.length))?.config.idMap;
	}
	const mode = effectiveMode(engine, config);
	if (mode === 'host') return undefined;
	const conflict = conflictOf(config);
	// A setting gives way to what was asked for; a user namespace that was asked for does not.
	if (conflict !== undefined && config.userns === '' && engine.settings.usernsRemap === '') return undefined;
	if (conflict !== undefined) throw invalid('userns', conflict);
	const size = autoSize(mode);
	return size === undefined ? sharedRange(mode) : {...freeRange(engine), size};
}

const effectiveMode = (engine: Engine, {userns, hardened = false}: Wish): string => userns || engine.settings.usernsRemap || defaultsFor(hardened).userns;

/** Docker's words. */
function conflictOf({privileged, network, pid}: Wish): string | undefined {
	if (privileged) return 'privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode';
	if (network === 'host') return "cannot share the host's network namespace when user namespaces are enabled";
	if (pid === 'host') return 'cannot share the host PID namespace when user namespaces are enabled';
	return undefined;
}

/** Docker's `userns-remap`: the first range of that user and that group, for all containers. */
function sharedRange(remap: string): IdMap {
	const [user = '', group = user] = (remap === 'default' ? OWNER : remap).split(':');
	const uids = readRanges('/etc/subuid').find(({owner}) => owner === user);
	const gids = readRanges('/etc/subgid').find(({owner}) => owner === group);
	if (uids === undefined || gids === undefined)
		throw new EngineError({
			code: 'container.no-ids',
			subject: remap,
			message: `no subordinate ids for ${uids === undefined ? `user ${user} in /etc/subuid` : `group ${group} in /etc/subgid`}`,
			hint: `Add a line there, e.g. ${user}:1879048192:65536, or use userns-remap auto.`,
		});
	return {uid: uids.first, gid: gids.first, size: Math.min(uids.count, gids.count, SIZE)};
}

/** The lowest range that no record has. */
function freeRange(engine: Engine): {uid: number; gid: number} {
	const uids = slots('/etc/subuid');
	const gids = slots('/etc/subgid');
	const taken = new Set(
		engine.db
			.prepare("SELECT spec ->> '$.idMap.uid' AS uid FROM containers WHERE spec ->> '$.idMap.uid' IS NOT NULL")
			.all()
			.map(({uid}) => Number(uid)),
	);
	// Stores know nothing of each other: each begins somewhere else.
	const count = Math.min(uids.length, gids.length);
	const start = Number.parseInt(engine.store.replace(/^\D*/, '') || '0', 16) % Math.max(count, 1);
	for (let step = 0; step < count; step++) {
		const [uid, gid] = [uids[(start + step) % count] ?? 0, gids[(start + step) % count] ?? 0];
		if (!taken.has(uid)) return {uid, gid};
	}
	throw new EngineError({
		code: 'container.no-ids',
		subject: OWNER,
		message: `all ${count} ranges of user ids are taken by containers`,
		hint: `Remove some, give ${OWNER} more in /etc/subuid and /etc/subgid, or use --userns host.`,
	});
}

/** Beginnings of ranges: within those of our user, where it has some; else within our own, apart from everybody's. */
function slots(path: string): number[] {
	const ranges = readRanges(path);
	const own = ranges.filter(({owner}) => owner === OWNER);
	const whole = (own.length > 0 ? own : [BUILT_IN]).flatMap(({first, count}) => Array.from({length: Math.floor(count / SIZE)}, (_, number) => first + number * SIZE));
	return own.length > 0 ? whole : whole.filter(slot => !ranges.some(({first, count}) => slot < first + count && first < slot + SIZE));
}
