/** Defined by the bundler: the version in package.json. Absent when the sources run as they are. */
declare const HAWSER_VERSION: string;
