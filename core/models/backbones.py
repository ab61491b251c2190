"""The frozen backbones, one row each: a table over ``keras.applications``.

To add another network of ``keras.applications``, add its row (and its family, when it is the
first of one). The contract tests find it there, build it and compare the counts. No keras
here: pages read this table.

Names of the files of weights, their addresses and their hashes (MD5) are those that
``keras.applications`` itself uses for ``include_top=False`` (Keras 3.15 source).
"""

from __future__ import annotations

from dataclasses import dataclass

_STORAGE = "https://storage.googleapis.com/tensorflow/keras-applications/"
_KERNELS = "_weights_tf_dim_ordering_tf_kernels_notop.h5"


@dataclass(frozen=True)
class Family:
    """What networks of one paper share.

    ``preprocessing``: what the ImageNet weights were trained on (see preprocess.py).
    ``folder`` and ``file`` make the address of the weights, ``{name}`` being the network's
    name. ``min_image_size``: smallest film side in pixels that Keras accepts.
    """

    citation: str
    preprocessing: str
    folder: str
    file: str = "{name}" + _KERNELS
    min_image_size: int = 32


@dataclass(frozen=True)
class Backbone:
    """One network without its top.

    ``title``: also its name in ``keras.applications``. ``channels``: of the last feature
    map. ``params``: all weights without the top, moving averages included.
    ``weights_hash``: empty where Keras publishes none. ``kept_as``: the file's name on this
    computer where Keras gives it another than on its server.
    """

    title: str
    family: Family
    channels: int
    params: int
    weights_hash: str
    summary: str
    kept_as: str = ""

    @property
    def name(self) -> str:
        return self.title.lower()

    @property
    def weights_file(self) -> str:
        return self.kept_as or self._published

    @property
    def weights_url(self) -> str:
        return self.family.folder + self._published

    @property
    def _published(self) -> str:
        return self.family.file.format(name=self.name)


_VGG_PAPER = (
    "Simonyan & Zisserman, Very Deep Convolutional Networks for Large-Scale "
    "Image Recognition, ICLR 2015, arXiv:1409.1556"
)
_NASNET_PAPER = (
    "Zoph et al., Learning Transferable Architectures for Scalable Image "
    "Recognition, CVPR 2018, arXiv:1707.07012"
)
_VGG16 = Family(_VGG_PAPER, "caffe", _STORAGE + "vgg16/")
_VGG19 = Family(_VGG_PAPER, "caffe", _STORAGE + "vgg19/")
_NASNET_LARGE = Family(_NASNET_PAPER, "tf", _STORAGE + "nasnet/", "NASNet-large-no-top.h5")
_NASNET_MOBILE = Family(_NASNET_PAPER, "tf", _STORAGE + "nasnet/", "NASNet-mobile-no-top.h5")
_INCEPTION_RESNET = Family(
    "Szegedy et al., Inception-v4, Inception-ResNet and the Impact of "
    "Residual Connections on Learning, AAAI 2017, arXiv:1602.07261",
    "tf",
    _STORAGE + "inception_resnet_v2/",
    "inception_resnet_v2" + _KERNELS,
    min_image_size=75,
)
_INCEPTION = Family(
    "Szegedy et al., Rethinking the Inception Architecture for Computer Vision, "
    "CVPR 2016, arXiv:1512.00567",
    "tf",
    _STORAGE + "inception_v3/",
    "inception_v3" + _KERNELS,
    min_image_size=75,
)
_XCEPTION = Family(
    "Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, "
    "CVPR 2017, arXiv:1610.02357",
    "tf",
    _STORAGE + "xception/",
    min_image_size=71,
)
_DENSENET = Family(
    "Huang et al., Densely Connected Convolutional Networks, CVPR 2017, arXiv:1608.06993",
    "torch",
    _STORAGE + "densenet/",
)
_EFFICIENTNET = Family(
    "Tan & Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, "
    "ICML 2019, arXiv:1905.11946",
    "raw",
    "https://storage.googleapis.com/keras-applications/",
    "{name}_notop.h5",
)
_RESNET = Family(
    "He et al., Deep Residual Learning for Image Recognition, CVPR 2016, arXiv:1512.03385",
    "caffe",
    _STORAGE + "resnet/",
)
_RESNET_V2 = Family(
    "He et al., Identity Mappings in Deep Residual Networks, ECCV 2016, arXiv:1603.05027",
    "tf",
    _STORAGE + "resnet/",
)
# Keras publishes no hash for these two. Of the widths and film sizes there are, these are the
# full width and 224 pixels.
_MOBILENET = Family(
    "Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision "
    "Applications, 2017, arXiv:1704.04861",
    "tf",
    _STORAGE + "mobilenet/",
    "mobilenet_1_0_224_tf_no_top.h5",
)
_MOBILENET_V2 = Family(
    "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, "
    "CVPR 2018, arXiv:1801.04381",
    "tf",
    _STORAGE + "mobilenet_v2/",
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
)

# The study's three first, then one of each kind that is often asked for, then the rest.
BACKBONES = (
    Backbone(
        "VGG16",
        _VGG16,
        512,
        14_714_688,
        "6d6bbae143d832006294945121d1f1fc",
        "Thirteen plain convolutions, trained on photographs and kept frozen; "
        "only a small head on top learns.",
    ),
    Backbone(
        "NASNetLarge",
        _NASNET_LARGE,
        4032,
        84_916_818,
        "d81d89dc07e6e56530c4e77faddd61b5",
        "A very large network whose cells were found by a search; frozen, with a "
        "small head that learns. The slowest of the study's four.",
        "nasnet_large_no_top.h5",
    ),
    Backbone(
        "InceptionResNetV2",
        _INCEPTION_RESNET,
        1536,
        54_336_736,
        "d19885ff4a710c122648d3b5c3b684e4",
        "Looks at several scales at once and adds what it finds; frozen, with a "
        "small head that learns.",
    ),
    Backbone(
        "DenseNet121",
        _DENSENET,
        1024,
        7_037_504,
        "30ee3e1110167f948a6b9946edeeb738",
        "Each layer sees all earlier ones of its block; small, and much used on chest X-rays.",
    ),
    Backbone(
        "EfficientNetB0",
        _EFFICIENTNET,
        1280,
        4_049_571,
        "50bc09e76180e00e4465e1a485ddc09d",
        "A small network whose depth, width and film size were balanced against each other.",
    ),
    Backbone(
        "ResNet50",
        _RESNET,
        2048,
        23_587_712,
        "4d473c1dd8becc155b73f8504c6f6626",
        "Fifty layers in blocks that each add to what came in; the usual yardstick.",
    ),
    Backbone(
        "DenseNet169",
        _DENSENET,
        1664,
        12_642_880,
        "b8c4d4c20dd625c148057b9ff1c1176b",
        "DenseNet121 with longer dense blocks, 169 layers.",
    ),
    Backbone(
        "DenseNet201",
        _DENSENET,
        1920,
        18_321_984,
        "c13680b51ded0fb44dff2d8f86ac8bb1",
        "DenseNet121 with longer dense blocks, 201 layers.",
    ),
    Backbone(
        "EfficientNetB1",
        _EFFICIENTNET,
        1280,
        6_575_239,
        "74c4e6b3e1f6a1eea24c589628592432",
        "EfficientNetB0 made deeper and wider, designed for films of 240 pixels.",
    ),
    Backbone(
        "EfficientNetB2",
        _EFFICIENTNET,
        1408,
        7_768_569,
        "111f8e2ac8aa800a7a99e3239f7bfb39",
        "EfficientNetB0 made deeper and wider, designed for films of 260 pixels.",
    ),
    Backbone(
        "EfficientNetB3",
        _EFFICIENTNET,
        1536,
        10_783_535,
        "af6d107764bb5b1abb91932881670226",
        "EfficientNetB0 made deeper and wider, designed for films of 300 pixels.",
    ),
    Backbone(
        "EfficientNetB4",
        _EFFICIENTNET,
        1792,
        17_673_823,
        "ebc24e6d6c33eaebbd558eafbeedf1ba",
        "EfficientNetB0 made deeper and wider, designed for films of 380 pixels.",
    ),
    Backbone(
        "EfficientNetB5",
        _EFFICIENTNET,
        2048,
        28_513_527,
        "38879255a25d3c92d5e44e04ae6cec6f",
        "EfficientNetB0 made deeper and wider, designed for films of 456 pixels.",
    ),
    Backbone(
        "EfficientNetB6",
        _EFFICIENTNET,
        2304,
        40_960_143,
        "9ecce42647a20130c1f39a5d4cb75743",
        "EfficientNetB0 made deeper and wider, designed for films of 528 pixels.",
    ),
    Backbone(
        "EfficientNetB7",
        _EFFICIENTNET,
        2560,
        64_097_687,
        "cbcfe4450ddf6f3ad90b1b398090fe4a",
        "EfficientNetB0 made deeper and wider, designed for films of 600 pixels.",
    ),
    Backbone(
        "ResNet101",
        _RESNET,
        2048,
        42_658_176,
        "88cf7a10940856eca736dc7b7e228a21",
        "ResNet50 with more blocks, 101 layers.",
    ),
    Backbone(
        "ResNet152",
        _RESNET,
        2048,
        58_370_944,
        "ee4c566cf9a93f14d82f913c2dc6dd0c",
        "ResNet50 with more blocks, 152 layers.",
    ),
    Backbone(
        "ResNet50V2",
        _RESNET_V2,
        2048,
        23_564_800,
        "fac2f116257151a9d068a22e544a4917",
        "ResNet50 with normalisation and activation before each convolution.",
    ),
    Backbone(
        "ResNet101V2",
        _RESNET_V2,
        2048,
        42_626_560,
        "c0ed64b8031c3730f411d2eb4eea35b5",
        "ResNet101 with normalisation and activation before each convolution.",
    ),
    Backbone(
        "ResNet152V2",
        _RESNET_V2,
        2048,
        58_331_648,
        "ed17cf2e0169df9d443503ef94b23b33",
        "ResNet152 with normalisation and activation before each convolution.",
    ),
    Backbone(
        "VGG19",
        _VGG19,
        512,
        20_024_384,
        "253f8cb515780f3b799900260a226db6",
        "VGG16 with three more convolutions.",
    ),
    Backbone(
        "InceptionV3",
        _INCEPTION,
        2048,
        21_802_784,
        "bcbd6486424b2319ff4ef7d526e38f63",
        "Modules of parallel convolutions that look at several scales at once.",
    ),
    Backbone(
        "Xception",
        _XCEPTION,
        2048,
        20_861_480,
        "b0042744bf5b25fce3cb969f33bebb97",
        "Convolutions split into one over places and one over channels.",
    ),
    Backbone(
        "NASNetMobile",
        _NASNET_MOBILE,
        1056,
        4_269_716,
        "1ed92395b5b598bdda52abe5c0dbfd63",
        "NASNetLarge's cells, fewer and narrower.",
        "nasnet_mobile_no_top.h5",
    ),
    Backbone(
        "MobileNet",
        _MOBILENET,
        1024,
        3_228_864,
        "",
        "A small network for telephones: convolutions split over places and channels.",
    ),
    Backbone(
        "MobileNetV2",
        _MOBILENET_V2,
        1280,
        2_257_984,
        "",
        "The smallest backbone here: narrow layers that widen inside each block.",
    ),
)
