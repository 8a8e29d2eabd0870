#!/usr/bin/env perl
# SPDX-License-Identifier: Apache-2.0
# Each command of iotcardctl that a document names in its text exists, with the options beside it:
# `iotcardctl card list|show --abnormal`.   inline.pl SOURCE BUILD
# It reads; run.sh runs the commands of the fenced blocks.
use strict;
use warnings;
use utf8;
use FindBin;
use lib $FindBin::Bin;
use help;
use markdown;
binmode STDOUT, ':encoding(UTF-8)';

chdir $ARGV[0] or die "$ARGV[0]: $!\n";
my $commands = help::commands("$ARGV[1]/cli/iotcardctl");
my ($failed, $seen) = (0, 0);
my %with_value = map { $_ => 1 } qw(--api --token-file --config --store -o --output);

# The verbs that the words name, each as in %$commands, and the words behind them.
sub split_verbs {
  my @words = @_;
  while (@words && $words[0] =~ /^-/) {
    my $option = shift @words;
    shift @words if $with_value{$option};
  }
  return () unless @words;
  my $first = shift @words;
  return ([''], @words) if $first =~ /^(help|version|VERB|…)$/;
  return ([$first], @words) if !exists $commands->{$first} || defined $commands->{$first};
  my $second = shift @words // return ();
  return ([map { "$first $_" } split /\|/, $second], @words);
}

sub check {
  my ($file, $text) = @_;
  my ($verbs, @words) = split_verbs(split ' ', $text =~ s/\\\|/|/gr);
  return unless $verbs;
  $seen++;
  my @known = grep { exists $commands->{$_} } @$verbs;
  for my $verb (@$verbs) {
    next if exists $commands->{$verb};
    print "$file: iotcardctl has no command \"$verb\": $text\n";
    $failed = 1;
  }
  for my $option (grep { /^--[a-z]/ } map { split /\||(?<=[a-z])[=,]/ } @words) {
    next if $commands->{''}{$option} || grep { $commands->{$_}{$option} } @known;
    print "$file: \"@$verbs\" has no option $option: $text\n";
    $failed = 1;
  }
}

my @files = split /\n/, qx{find *.md docs examples .github \\( -name '*.md' -o -name '*.yml' \\) | LC_ALL=C sort};
for my $file (@files) {
  my $page = markdown::read_file($file);
  for (markdown::inline_code($page)) {
    check($file, $1) if s/\n/ /gr =~ /^iotcardctl (.*)/;
  }
  for (map { @{$_->{lines}} } @{$page->{blocks}}) {
    check($file, $1) if /^(?:\$ )?iotcardctl ((?:[^#'"<>]|"[^"]*"|'[^']*')*)/;
  }
}
print "$seen commands\n";
if ($seen < 100) { print "found too few\n"; $failed = 1 }
exit $failed;
