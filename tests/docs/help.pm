# SPDX-License-Identifier: Apache-2.0
# What `iotcardctl --help` and the help of each verb say there is.
package help;
use strict;
use warnings;

# A reference to a hash: the words of a verb ("card list"; "" for the program itself) to the set of its
# long options, or undef for a group of verbs.
sub commands {
  my ($program) = @_;
  my %commands;
  read_verb($program, \%commands);
  return \%commands;
}

sub read_verb {
  my ($program, $commands, @verb) = @_;
  my $help = qx{$program @verb --help};
  die "$program @verb --help: $?\n" if $?;
  my ($options, $verbs) = split /^Subcommands:$/m, $help;
  my %options = map { $_ => 1 } $options =~ /^ +(?:-\w,)?(--[a-z-]+)/mg;
  $commands->{"@verb"} = $verbs && @verb ? undef : \%options;
  return unless $verbs;
  read_verb($program, $commands, @verb, $_) for $verbs =~ /^  ([a-z-]+)/mg;
}

1;
