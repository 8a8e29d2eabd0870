#!/usr/bin/env perl
# SPDX-License-Identifier: Apache-2.0
# Each relative link of each Markdown file leads to a file of the source tree, and to a heading if it
# names one; docs/README.md, the index, links each page of docs/.   links.pl SOURCE
use strict;
use warnings;
use File::Basename;
use File::Find;
use File::Spec;
use FindBin;
use lib $FindBin::Bin;
use markdown;
binmode STDOUT, ':encoding(UTF-8)';

chdir $ARGV[0] or die "$ARGV[0]: $!\n";
my @files;
find({no_chdir => 1, wanted => sub {
  $File::Find::prune = 1 if /^\.\/(build|\.git)$/ || /\/node_modules$/;
  push @files, s/^\.\///r if /\.md$/;
}}, '.');

my ($failed, $links, %index) = (0, 0);
sub complain { print "$_[0]\n"; $failed = 1 }

my %pages = map { $_ => markdown::read_file($_) } @files;
for my $file (sort @files) {
  my $text = join("\n", @{$pages{$file}{text}}) =~ s/`[^`]*`//gr;
  while ($text =~ /\]\(([^)\s]+)\)/g) {
    my ($target, $anchor) = split /#/, $1, 2;
    next if $target =~ /^[a-z]+:/;
    $links++;
    my $path = $target eq '' ? $file : File::Spec->catfile(dirname($file), $target);
    1 while $path =~ s{(^|/)(?!\.\./)[^/]+/\.\./}{$1};
    $path =~ s{(^|/)\./}{$1}g;
    if (!-e $path) {
      my $how = $path =~ m{^docs/console/} ? '; scripts/screenshots.sh docs/console makes it' : '';
      complain("$file: there is no $target$how");
      next;
    }
    if (defined $anchor && $path =~ /\.md$/ && !$pages{$path}{anchors}{$anchor}) {
      complain("$file: $path has no heading #$anchor");
    }
    $index{$path} = 1 if $file eq 'docs/README.md';
  }
}
for my $page (grep { m{^docs/} && $_ ne 'docs/README.md' } @files) {
  complain("docs/README.md does not link $page") unless $index{$page};
}
complain("only $links links were found") if $links < 50;
print scalar(@files), " files, $links links\n";
exit $failed;
