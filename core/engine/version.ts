declare const HAWSER_VERSION: string | undefined;

/** Set by the build; from the sources it is that of the tree. */
export const version = typeof HAWSER_VERSION === 'string' ? HAWSER_VERSION : '0.1.0-source';

/** The version of Docker's API whose words our output follows. */
export const dockerVersion = '28.2.2';
export const apiVersion = '1.50';
