#!/bin/sh
# csilink model KIND: a codec that is designed from samples, here klt, of few antennas to be quick.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1

# design FILE options...
design() {
    out=$1
    shift
    "$csilink" model klt --nt 8 --samples 200 --cr 16 --out "$out" "$@" >"$out.said" 2>"$out.errors"
}

# refuses TEXT command...: it ends with 2, says so, and leaves no file.
refuses() {
    expected=$1
    shift
    design refused.klt "$@"
    [ $? -eq 2 ] && grep -q "$expected" refused.klt.errors && [ ! -e refused.klt ] ||
        { cat refused.klt.errors; return 1; }
}

law "a channel's samples make a file" eval 'design one.klt --channel cost2100-indoor --threads 1 &&
    grep -q "16 of 256 complex principal components, for CR 16 and up" one.klt.said'
law "the threads change nothing" eval 'design three.klt --channel cost2100-indoor --threads 3 &&
    cmp one.klt three.klt'
law "another seed gives other samples" eval 'design other.klt --channel cost2100-indoor --seed 2 &&
    ! cmp -s one.klt other.klt'
law "several channels share the samples" eval '
    design both.klt --channel "uma-nlos@28e9 uma-nlos:spherical@300e6" &&
    design first.klt --channel "uma-nlos@28e9" && ! cmp -s both.klt first.klt &&
    grep -q " 200 samples" both.klt.said'
law "what was designed is a codec" eval 'cp one.klt mine-klt.klt &&
    "$csilink" eval --codec klt:./mine-klt --channel cost2100-indoor --samples 5 >eval.said &&
    grep -q "^mine-klt (32 values" eval.said'
law "arguments of the kind go behind its name" eval '
    "$csilink" model klt:form=real --nt 8 --samples 200 --cr 16 --channel rayleigh --out real.klt \
        >real.said 2>&1 && grep -q "32 of 512 real" real.said'

law "codebooks are designed in the components of a klt file" eval '
    "$csilink" model vq:klt=./mine-klt,components=16,group=2,index=4,bits=60 --nt 8 --samples 200 \
        --channel cost2100-indoor --out mine-vq.vq >vq.said 2>&1 &&
    grep -q "12 stages of 4 bits over 16 components" vq.said &&
    "$csilink" eval --codec vq:./mine-vq,bits=40 --channel cost2100-indoor --samples 5 >eval.said &&
    grep -q "^mine-vq-40 (" eval.said'

# denoiser FILE options...: of the klt above, 32 values.
denoiser() {
    out=$1
    shift
    "$csilink" model denoiser klt:./mine-klt --samples 100 --channel cost2100-indoor --out "$out" "$@" \
        >den.said 2>den.errors
}
law "a denoiser is designed of a codec's codewords, and they are kept on demand" eval '
    denoiser one.denoiser --threads 1 --codewords words.npy &&
    grep -q "codewords of mine-klt, 32 values, over 100 samples" den.said &&
    [ "$(wc -c <words.npy)" -eq $((128 + 100 * 32 * 4)) ]'
law "the threads change nothing of it" eval 'denoiser three.denoiser --threads 3 &&
    cmp one.denoiser three.denoiser'
law "an evaluation takes it, and names it" eval '
    "$csilink" eval --codec klt:./mine-klt --denoise-payload one.denoiser --channel cost2100-indoor \
        --samples 5 >eval.said && grep -q "denoiser one.denoiser" eval.said'
law "a codec of bits has none" eval '
    ! "$csilink" model denoiser transform:bits=64 --channel rayleigh --out no.denoiser 2>no.said &&
    grep -q "sends only bits" no.said && [ ! -e no.denoiser ]'
law "one of too few samples is refused" eval '
    ! denoiser no.denoiser --samples 63 && grep -q "at least 64" den.errors && [ ! -e no.denoiser ]'

law "a data set and a channel at once are refused" refuses "either --data or --channel" \
    --channel rayleigh --data x.mat
law "an unknown channel is refused with those that there are" refuses "unknown channel 'moon'" \
    --channel moon
law "a carrier that is no number is refused" refuses "carrier of 'uma-nlos@fast'" \
    --channel uma-nlos@fast
law "a data set as a channel is refused" refuses "give it as --data" --channel x.mat
law "too few samples are refused" refuses "take more samples" --channel rayleigh --samples 3
law "an argument that the kind does not know is refused" eval '
    ! "$csilink" model klt:shape=round --channel rayleigh --out no.klt 2>no.said &&
    grep -q "form=complex or real" no.said && [ ! -e no.klt ]'
finish
