# Processor time per echoed message, as ratios to libuv's uv_pipe_t: a group of
# bars for each scenario, and the middle half of the rounds on each bar.
#
#   gnuplot -e "summary='summary.tsv'; plot_file='plot.svg'" plot.gp
#
# ./dev bench plot runs it on what ./dev bench has written last.

# What is drawn, of what the file holds: many more are not told apart.
wanted = "raw_epoll uv_careful hvuv_write hvuv_framework rust_vsock go_vsock blocking"
colors = "#8c8c8c #7fb8e6 #d1480b #f4a259 #8a5a9e #2a9d8f #d8c99b"
titles = '"bare epoll" "uv\_pipe\_t with care" "hvuv\_write" "hvuv\_server\_t" '.\
  '"Rust, tokio" "Go" "a thread each"'
usual = "1x64 100x64 1000x64 1x4096 100x4096 1000x4096 1x65536 100x65536 ".\
  "1x64x16 100x64x16 1x1048576x2 openx64 openx64x32"
# _ stands for a blank, | for a new line.
labels = "1_×|64_B 100_×|64_B 1,000_×|64_B 1_×|4_KiB 100_×|4_KiB ".\
  "1,000_×|4_KiB 1_×|64_KiB 100_×|64_KiB 1_×_64_B|16_under|way ".\
  "100_×_64_B|16_under|way 1_×_1_MiB|2_under|way open,|64_B,|close 32_×_open,|64_B,|close"
highest = 2.2

# The place of a word in a list from 1 on, 0 if it is not there.
place(list, name) = \
  sum [i = 1:words(list)] (word(list, i) eq name ? i : 0)

# A text with one character for another.
changed(text, old, new) = \
  (strstrt(text, old) == 0) ? text : \
  changed(text[1:strstrt(text, old) - 1].new.text[strstrt(text, old) + 1:*], old, new)
label_of(i) = changed(changed(word(labels, i), "_", " "), "|", "\n")

column_of(n) = system(sprintf("grep -v '^#' '%s' | cut -f%d | awk '!seen[$0]++'", \
                              summary, n))
there = column_of(3)
run = column_of(2)
core = word(column_of(1), 2)

servers = ""
do for [i = 1:words(wanted)] {
  if (place(there, word(wanted, i)) > 0) {
    servers = servers." ".word(wanted, i)
  }
}
scenarios = ""
do for [i = 1:words(usual)] {
  if (place(run, word(usual, i)) > 0) {
    scenarios = scenarios." ".word(usual, i)
  }
}
if (words(servers) == 0 || words(scenarios) == 0) {
  print "plot.gp: ".summary." has none of the scenarios or servers that it draws"
  exit status 1
}

set terminal svg size 800,430 dynamic background "#ffffff" font "sans-serif,11"
set output plot_file
set encoding utf8
set datafile separator tab

set label 4 "{/:Bold Processor time of an echo server per message, as a ratio to libuv's uv\\_pipe\\_t}" \
  at screen 0.5,0.955 center font ",13"
set label 1 "less is better; the line on a bar spans the middle half of the rounds; below: connections × bytes of a message" \
  at screen 0.5,0.895 center font ",9" textcolor "#555555"
set label 2 system(sprintf("head -n 1 '%s' | sed 's/^# //; s/, load.*//'", summary)) \
  at screen 0.5,0.022 center font ",8" textcolor "#777777" noenhanced
set lmargin 6
set rmargin 2
set tmargin 5.8
set bmargin 5.4
set border 3 linecolor "#555555"
set key at screen 0.5,0.845 center horizontal maxrows 1 samplen 0.8 width -1.5 \
  font ",9" reverse Left
set grid ytics linetype 1 linecolor rgb "#d9d9d9"
set tics nomirror scale 0.4
set yrange [0:highest]
set ytics 0.5 format "%.1f"
set xrange [0.45:words(scenarios) + 0.55]
set xtics () font ",9"
do for [i = 1:words(scenarios)] {
  set xtics add (label_of(place(usual, word(scenarios, i))) i)
}

set arrow 1 from graph 0, first 1 to graph 1, first 1 nohead \
  linecolor "#222222" linewidth 1.4 dashtype (6, 3) front
set label 3 "libuv's uv\\_pipe\\_t" at first 1.6, first 1.06 left \
  font ",9" textcolor "#222222" front

width = 0.84 / words(servers)
set boxwidth width * 0.92
set style fill solid 1.0 noborder

# Of a line of the file: where the bar of a server stands, if it is this one's.
mine(i) = strcol(1) eq core && strcol(3) eq word(servers, i)
x(i) = mine(i) && place(scenarios, strcol(2)) > 0 ? \
  place(scenarios, strcol(2)) + (i - (words(servers) + 1) / 2.0) * width : NaN
color(i) = word(colors, place(wanted, word(servers, i)))

plot for [i = 1:words(servers)] summary using (x(i)):11 with boxes \
    linecolor rgb color(i) \
    title word(titles, place(wanted, word(servers, i))), \
  for [i = 1:words(servers)] summary using \
    (column(11) < highest ? x(i) : NaN):12:(0):(column(13) - column(12)) \
    with vectors nohead linewidth 1.1 linecolor rgb "#222222" notitle, \
  for [i = 1:words(servers)] summary using \
    (column(11) > highest ? x(i) : NaN):(highest * 0.95): \
    (sprintf("%.1f", column(11))) with labels rotate by 90 right font ",8" \
    textcolor rgb "#ffffff" notitle
