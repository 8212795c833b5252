# The application: answers each request with a count that the database keeps.
use strict;
use warnings;
use IO::Socket::INET;

$| = 1;
my $server = IO::Socket::INET->new(LocalPort => 8000, Listen => 16, ReuseAddr => 1) or die "listen: $@\n";
while (my $client = $server->accept) {
	while (my $line = <$client>) { last if $line =~ /^\r?\n$/ }
	my $database = IO::Socket::INET->new(PeerAddr => 'db', PeerPort => 6379, Timeout => 5);
	my $answer = 'no database';
	if ($database) {
		print $database "INCR visits\r\n";
		($answer = <$database>) =~ s/^:(\d+)\r\n$/visit $1/;
	}
	my $text = "$answer\n";
	printf $client "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", length $text, $text;
	close $client;
}
