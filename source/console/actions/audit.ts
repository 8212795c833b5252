import type {AuditEntry} from '../store/engine-port.ts';
import type {Context} from './context.ts';

/** Who sits here: sudo and ssh tell. */
export function operator(env: NodeJS.ProcessEnv = process.env): string {
	const user = env['SUDO_USER'] ?? env['LOGNAME'] ?? env['USER'] ?? 'root';
	const [from] = (env['SSH_CONNECTION'] ?? env['SSH_CLIENT'] ?? '').split(' ');
	return from ? `${user}@${from}` : user;
}

/** Writes down what somebody did and how it went. That it cannot be written is no reason not to do it, but it is said. */
export function audit(context: Context, entry: Omit<AuditEntry, 'time' | 'who'>): void {
	try {
		context.engine.audit({time: new Date().toISOString(), who: operator(), ...entry});
	} catch (error) {
		const text = `The audit trail cannot be written: ${error instanceof Error ? error.message : String(error)}`;
		context.store.dispatch({type: 'message', message: {kind: 'error', text, until: Date.now() + 10_000}});
	}
}
