#!/usr/bin/env perl
# SPDX-License-Identifier: Apache-2.0
# The Chinese documents say the same as the English ones, as far as a program can tell.
#   chinese.pl SOURCE BUILD
# README.zh-CN.md has the sections of README.md, its fenced blocks with the same lines but for the
# comments, and the same commands and event names in its tables. docs/zh-CN/configuration.md has the
# sections and keys of examples/iotcardd.toml, in their order and with the same defaults.
# The words in “” are those of the console. docs/zh-CN/iotcardctl.1.scd names each command and option of iotcardctl.
use strict;
use warnings;
use utf8;
use FindBin;
use lib $FindBin::Bin;
use help;
use markdown;
binmode STDOUT, ':encoding(UTF-8)';

chdir $ARGV[0] or die "$ARGV[0]: $!\n";
my $failed = 0;
sub complain { print "$_[0]\n"; $failed = 1 }

# Compares two lists, and names the first difference.
sub compare {
  my ($what, $english, $chinese) = @_;
  my $length = @$english > @$chinese ? @$english : @$chinese;
  for my $at (0 .. $length - 1) {
    my ($one, $other) = map { $_ // 'nothing' } ($english->[$at], $chinese->[$at]);
    next if $one eq $other;
    complain("$what: where the English file has\n  $one\nthe Chinese one has\n  $other");
    return;
  }
}

sub block_lines {
  my ($page) = @_;
  my @lines;
  for my $block (@{$page->{blocks}}) {
    push @lines, "```$block->{language}", map { s/(^|\s+)#\s.*//r =~ s/\s+$//r } @{$block->{lines}};
  }
  return \@lines;
}

sub compare_readmes {
  my ($english, $chinese) = map { markdown::read_file($_) } ('README.md', 'README.zh-CN.md');
  compare('README: sections', [map { $_->{level} } @{$english->{headings}}],
    [map { $_->{level} } @{$chinese->{headings}}]);
  compare('README: blocks', block_lines($english), block_lines($chinese));
  my ($said, $translated) = map {
    [sort grep { /^(iotcard|mismatch\.|card\.|device\.|binding\.|report\.)/ } markdown::inline_code($_)]
  } ($english, $chinese);
  compare('README: inline code', $said, $translated);
}

# The sections and keys of the sample, in order: "[broker]", "url = ...".
sub sample_keys {
  open(my $file, '<:encoding(UTF-8)', 'examples/iotcardd.toml') or die "examples/iotcardd.toml: $!\n";
  my @keys;
  while (<$file>) {
    push @keys, $1 if /^#?(\[\[?[a-z_.]+\]\]?)\s*$/;
    push @keys, $1 if /^#?([a-z_]+ = .*?)\s*$/;
  }
  return \@keys;
}

# The same of the guide: headings "### `[broker]`", and table rows or list items that begin with
# "`url = ...`".
sub guide_keys {
  my @keys;
  for (@{markdown::read_file('docs/zh-CN/configuration.md')->{text}}) {
    push @keys, $1 if /^#+ .*`(\[\[?[a-z_.]+\]\]?)`/;
    push @keys, $1 if /^- `([a-z_]+ = [^`]*)`/;
  }
  return \@keys;
}

sub find_commands {
  my $manual = read_text('docs/zh-CN/iotcardctl.1.scd') =~ s/[\\*_]//gr;
  my $commands = help::commands("$ARGV[1]/cli/iotcardctl");
  my %names = map { $_ => 1 } grep { $_ ne '' } map { ($_, keys %{$commands->{$_} // {}}) } keys %$commands;
  for my $name (sort keys %names) {
    complain("docs/zh-CN/iotcardctl.1.scd does not name $name") unless $manual =~ /\Q$name\E(?![a-z-])/;
  }
  complain('iotcardctl --help names only ' . keys(%names) . ' commands and options') if keys(%names) < 80;
}

# What stands in “” in the Chinese pages, and the names of screens, are words of the console.
sub find_console_words {
  my $console = join '', map { read_text($_) } glob 'web/src/lang/zh/*.js';
  my $count = 0;
  for my $file (glob 'docs/zh-CN/*.md') {
    my $text = join("\n", @{markdown::read_file($file)->{text}});
    for my $word ($text =~ /“([^”]+)”/g, $text =~ /\*\*(\p{Han}+)\*\* 页/g) {
      $count++;
      next if $console =~ /\Q$word\E/;
      complain("$file: the console does not say “$word”: web/src/lang/zh");
    }
  }
  complain("found only $count words of the console") if $count < 20;
}

sub read_text {
  open(my $file, '<:encoding(UTF-8)', $_[0]) or die "$_[0]: $!\n";
  return join '', <$file>;
}

compare_readmes();
find_console_words();
compare('configuration', sample_keys(), guide_keys());
find_commands();
exit $failed;
