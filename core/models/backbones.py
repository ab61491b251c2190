"""The frozen backbones, one row each: a table over ``keras.applications``.

To add another network of ``keras.applications``, add its row. The contract tests find
it there, build it and compare the counts. No keras here: pages read this table.

``weights_file``, ``weights_url`` and ``weights_hash`` (MD5) are those that
``keras.applications`` itself uses for ``include_top=False`` (Keras 3.15 source).
"""

from __future__ import annotations

from dataclasses import dataclass

_STORAGE = "https://storage.googleapis.com/tensorflow/keras-applications/"


@dataclass(frozen=True)
class Backbone:
    """One network without its top.

    ``application``: its name in ``keras.applications``. ``channels``: of the last
    feature map. ``params``: all weights without the top, moving averages included.
    ``preprocessing``: what its ImageNet weights were trained on (see preprocess.py).
    ``min_image_size``: smallest film side in pixels that Keras accepts.
    """

    name: str
    title: str
    application: str
    channels: int
    params: int
    preprocessing: str
    min_image_size: int
    weights_file: str
    weights_url: str
    weights_hash: str
    citation: str
    summary: str


BACKBONES = (
    Backbone(
        name="vgg16",
        title="VGG16",
        application="VGG16",
        channels=512,
        params=14_714_688,
        preprocessing="caffe",
        min_image_size=32,
        weights_file="vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        weights_url=_STORAGE + "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        weights_hash="6d6bbae143d832006294945121d1f1fc",
        citation="Simonyan & Zisserman, Very Deep Convolutional Networks for Large-Scale "
        "Image Recognition, ICLR 2015, arXiv:1409.1556",
        summary="Thirteen plain convolutions, trained on photographs and kept frozen; "
        "only a small head on top learns.",
    ),
    Backbone(
        name="nasnetlarge",
        title="NASNetLarge",
        application="NASNetLarge",
        channels=4032,
        params=84_916_818,
        preprocessing="tf",
        min_image_size=32,
        weights_file="nasnet_large_no_top.h5",
        weights_url=_STORAGE + "nasnet/NASNet-large-no-top.h5",
        weights_hash="d81d89dc07e6e56530c4e77faddd61b5",
        citation="Zoph et al., Learning Transferable Architectures for Scalable Image "
        "Recognition, CVPR 2018, arXiv:1707.07012",
        summary="A very large network whose cells were found by a search; frozen, with a "
        "small head that learns. The slowest of the four.",
    ),
    Backbone(
        name="inceptionresnetv2",
        title="InceptionResNetV2",
        application="InceptionResNetV2",
        channels=1536,
        params=54_336_736,
        preprocessing="tf",
        min_image_size=75,
        weights_file="inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
        weights_url=_STORAGE + "inception_resnet_v2/"
        "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
        weights_hash="d19885ff4a710c122648d3b5c3b684e4",
        citation="Szegedy et al., Inception-v4, Inception-ResNet and the Impact of "
        "Residual Connections on Learning, AAAI 2017, arXiv:1602.07261",
        summary="Looks at several scales at once and adds what it finds; frozen, with a "
        "small head that learns.",
    ),
)
