"""Published numbers that several tests hold the code against."""

# Total and trainable parameters of the study's networks, two classes, 224 × 224 films.
STUDY_COUNTS = {
    "cnn": (2_009_058, 2_008_930),
    "vgg16": (14_714_688 + 32_962, 32_962),
    "nasnetlarge": (84_916_818 + 258_242, 258_242),
    "inceptionresnetv2": (54_336_736 + 98_498, 98_498),
}
