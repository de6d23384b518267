#!/bin/sh
# csilink data import, --channel FILE:KEY=VALUE and csilink model run with .npy: channels as other
# tools write them are what numpy says that they are, come back exactly, and replay with their band.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
cd "$work" || exit 1
"$python" -c "import numpy" 2>/dev/null || { skip "raw channels: numpy is not installed" && finish; }
mkdir set && "$python" "$here/raw_layouts.py" make set || exit 1

# becomes WANT FILE options...: the file's channels are those of set/WANT.want.npy.
becomes() {
    want=$1 file=set/$2
    shift 2
    [ -e "$file" ] || { skip "$file: a module of Python is missing" && return 0; }
    "$csilink" data import "$file" --output channels --out out.npy --nc 64 --ni 8 "$@" >out.txt \
        2>out.err || { cat out.err && return 1; }
    "$python" "$here/raw_layouts.py" check set "$want" out.npy
}

law "complex [n, nt, nc] is what it is" becomes plain plain.npy
law "and comes back to the byte" cmp set/plain.npy out.npy
law "complex128" becomes plain double.npy
law "Fortran's order" becomes plain fortran.npy
law "the other byte order" becomes plain big.npy
law "float16 planes" becomes half half.npy --order n/plane/nt/nc
law "any order of axes" becomes plain swapped.npy --order nc,n,nt
law "a stored .npz" becomes plain stored.npz
law "a deflated .npz" becomes plain packed.npz
law "HDF5" becomes plain file.h5
law "HDF5 in groups" becomes plain file.h5 --variable cell/one/H
law "the other sign" becomes plain conjugate.npy --sign +
law "FFT order" becomes plain fft.npy --band fft
law "delay domain" becomes taps taps.npy --order n/nt/ni
law "delay domain by a forward DFT" becomes backwards backwards.npy --order n/nt/ni --sign +
law "delay domain of subcarriers in FFT order" becomes taps-fft taps-fft.npy --order n/nt/ni --band fft
law "angle-delay domain" becomes angles angles.npy --domain angle-delay --order n/nt/ni
law "angle rows in FFT order" becomes angles angles-fft.npy --domain angle-delay --order n/nt/ni \
    --angles fft
law "DeepMIMO: each receive antenna is a sample, users without a path are left out" \
    becomes deepmimo deepmimo.npz --layout deepmimo
law "and are counted" grep -q "2 more are left out, being all zero or cut short" out.txt
law "one receive antenna" becomes deepmimo-rx1 deepmimo.npz --layout deepmimo --rx 1
law "DeepMIMO, paths" becomes deepmimo-paths deepmimo-paths.npz --layout deepmimo-paths
law "Sionna, a and tau" becomes sionna sionna.npz --layout sionna
law "the same in two .npy" becomes sionna a.npy --layout sionna --delays tau.npy
law "delays from the earliest path" becomes sionna-first sionna.npz --layout sionna --start first
law "Sionna, a delay for each antenna" becomes sionna-each sionna-each.npz --layout sionna
law "Sionna RT, the second transmitter" becomes sionna-rt sionna-rt.npz --layout sionna --bs 1
law "Sionna, OFDM channels" becomes sionna-ofdm sionna-ofdm.npz --layout sionna-ofdm
law "QuaDRiGa, a delay for each antenna" becomes quadriga quadriga.mat --layout quadriga
law "QuaDRiGa, shared delays" becomes quadriga-shared quadriga-shared.mat --layout quadriga
law "QuaDRiGa, fr" becomes quadriga-fr quadriga-fr.mat --layout quadriga-fr
law "MATLAB 5G, channel estimates" becomes matlab-5g matlab-5g.mat --layout matlab-5g
law "MATLAB 5G, path gains" becomes matlab-5g-paths matlab-5g-paths.mat --layout matlab-5g-paths

law "a binary log of OpenAirInterface" becomes oai-csinet oai.bin --layout oai-csinet
law "a CSV log of SRS estimates: a cut one is left out" becomes oai-csv oai.csv \
    --layout oai-csi-logging
law "and counted" grep -q "1 more are left out" out.txt

imports() { "$csilink" data import "$@" >out.txt 2>out.err || { cat out.err && return 1; }; }
law "images are those of numpy" eval '
    imports set/sionna.npz --layout sionna --nc 64 --ni 8 --out images.npy &&
    "$python" "$here/raw_layouts.py" images set sionna images.npy'
law "what the cut loses is printed" grep -q "first 8 of 64 delay taps keep [0-9.]* %" out.txt
law "threads change nothing" eval '
    imports set/sionna.npz --layout sionna --nc 64 --ni 8 --threads 1 --out one.npy &&
    cmp one.npy images.npy'
law "a .mat of channels is one, too" eval '
    imports set/plain.npy --output channels --ni 8 --out full.mat &&
    imports full.mat --variable H --output channels --ni 8 --out full.npy &&
    cmp full.npy set/plain.npy'

# Images: in rows, in columns, in another scale.
"$csilink" data generate --channel uma-nlos --samples 50 --out ht.npy >/dev/null 2>&1
"$python" - <<'PYTHON'
import numpy as np
x = np.load("ht.npy")
np.save("columns.npy", x.T)
np.save("turned.npy", x.reshape(-1, 2, 32, 32).transpose(0, 1, 3, 2))
np.save("other.npy", ((x - 0.5) * 2).astype("float64"))
PYTHON
law "images come back to the byte" eval 'imports ht.npy --out same.npy && cmp same.npy ht.npy'
law "transposed" eval '
    imports columns.npy --order plane+nt+ni/n --domain angle-delay --zero 0.5 --out same.npy &&
    cmp same.npy ht.npy'
law "planes of delay x angle" eval '
    imports turned.npy --order n/plane/ni/nt --domain angle-delay --zero 0.5 --out same.npy &&
    cmp same.npy ht.npy'
law "from -1 to 1 about 0" eval '
    imports other.npy --layout images --zero 0 --out same.npy && "$python" -c "
import numpy as np
assert abs(np.load(\"same.npy\") - np.load(\"ht.npy\")).max() < 1e-6"'

# Replay: the same as of the imported file, with the band beyond the cut.
law "--channel takes a raw file, and eval measures it" eval '
    "$csilink" eval --data set/plain.npy --codec transform:bits=300,nt=8,ni=8 --nc 64 --snr 20 \
        --json >raw.json && holds "s[0][\"rows\"][0][\"samples\"] == 6" raw.json'
law "data info, by keys" eval '
    "$csilink" data info set/deepmimo.npz:layout=deepmimo:ni=8 --json >info.json &&
    holds "s[0][\"samples\"] == 10 and s[0][\"nt\"] == 8" info.json'
law "a sequence stays one" eval '
    imports set/sionna.npz --layout sionna --nc 64 --ni 8 --sequence axis --out seq.mat &&
    grep -q "every 2 consecutive samples are one UE" out.txt && grep -q "seq.mat:sequence=2" out.txt'

# What is wrong is named.
law "an unknown layout" fails_with 2 "the layouts are raw, images" \
    "$csilink" data import set/plain.npy --layout sionnna --out x.npy
law "an unknown axis" fails_with 1 "the axes are n, t, nr" \
    "$csilink" data import set/plain.npy --order n/nx/nc --out x.npy
law "another rank" fails_with 1 "6 x 8 x 64, not of the 4 axes" \
    "$csilink" data import set/plain.npy --layout deepmimo --out x.npy
law "a base station that is not chosen" fails_with 1 "the file has 2 base stations" \
    "$csilink" data import set/sionna-rt.npz --layout sionna --out x.npy
law "delays that are missing" fails_with 1 "delays=tau.npy" \
    "$csilink" data import set/a.npy --layout sionna --out x.npy
law "a variable that is missing" fails_with 1 "it has other, H" \
    "$csilink" data import set/stored.npz --variable G --out x.npy
law "a cut .npz" eval 'head -c 900 set/packed.npz >cut.npz; fails_with 1 "not a .npz file, or cut" \
    "$csilink" data import cut.npz --out x.npy'
law "a cut binary log" eval 'head -c 300 set/oai.bin >cut.bin; fails_with 1 "cut short?" \
    "$csilink" data import cut.bin --layout oai-csinet --out x.npy'
law "a log of other lines" eval 'echo "1,2,3" >bad.csv; fails_with 1 "line 1 is not frame" \
    "$csilink" data import bad.csv --layout oai-csi-logging --out x.npy'
law "a link out of an HDF5 file's tree" eval '[ ! -e set/file.h5 ] || fails_with 1 "not a numeric" \
    "$csilink" data import set/file.h5 --variable elsewhere --out x.npy'
law "another format to write" fails_with 2 ".mat or .npy" \
    "$csilink" data import set/plain.npy --out x.npz
law "subcarriers that the link has not" fails_with 1 "give --nc 64" \
    "$csilink" eval --data set/plain.npy --codec transform:bits=300,nt=8,ni=8 --snr 20

# Networks on .npy.
law "model run takes and gives .npy" eval '
    "$csilink" data generate --channel rayleigh:eva --samples 4 --out x.npy >/dev/null 2>&1 &&
    "$csilink" data generate --channel rayleigh:eva --samples 4 --out x.mat >/dev/null 2>&1 &&
    encoder=$CSILINK_MODELS/csilink-net-cr8-indoor.encoder.onnx &&
    "$csilink" model run "$encoder" --input x.npy --output s.npy >npy.txt &&
    "$csilink" model run "$encoder" --input x.mat:HT --output s.mat:s >mat.txt &&
    [ "$(head -c 6 s.npy | tail -c 5)" = NUMPY ] && "$csilink" model run "$encoder" \
    --input x.mat:HT --output t.npy >/dev/null && cmp s.npy t.npy'
law "a .npy has no variables" fails_with 1 "a .npy file holds one array" \
    "$csilink" model run "$CSILINK_MODELS/csilink-net-cr8-indoor.encoder.onnx" --input x.npy:x \
    --output s.npy
law "and nothing else is written under another format's name" fails_with 1 "written as .mat or .npy" \
    "$csilink" model run "$CSILINK_MODELS/csilink-net-cr8-indoor.encoder.onnx" --input x.npy \
    --output s.npz:s
finish
